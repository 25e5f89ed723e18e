/* SPDX-License-Identifier: MIT */
/* What a function demands of its callers, for the compiler to hold them to. */
#ifndef TFOSHIM_CONTRACT_H
#define TFOSHIM_CONTRACT_H

/* None of its pointers is NULL: the compiler drops every question whether one is, also in whoever
 * has called it. So what a hook hands a pointer of the program to before it has looked at it does
 * not say this: a bad one is the kernel's to refuse. */
#define NONNULL __attribute__((nonnull))

/* The result says whether it is done, or what went wrong. */
#define MUST_USE __attribute__((warn_unused_result))

#endif
