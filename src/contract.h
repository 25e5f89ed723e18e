/* SPDX-License-Identifier: MIT */
/* What a function demands of its callers, for the compiler to hold them to. */
#ifndef TFOSHIM_CONTRACT_H
#define TFOSHIM_CONTRACT_H

/* None of its pointers is NULL. */
#define NONNULL __attribute__((nonnull))

/* The result says whether it is done, or what went wrong. */
#define MUST_USE __attribute__((warn_unused_result))

#endif
