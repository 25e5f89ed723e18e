/* SPDX-License-Identifier: MIT */
/*
 * Questions to the kernel over netlink. It answers before the question's system call returns:
 * nothing is waited for. Needs no privilege, takes a few microseconds, holds a descriptor
 * meanwhile; no cancellation point, errno is kept, may be called from a signal handler.
 */
#ifndef TFOSHIM_KERNEL_NETLINK_H
#define TFOSHIM_KERNEL_NETLINK_H

#include "contract.h"

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An answer has a few hundred bytes. */
#define NETLINK_ANSWER_ROOM 2048

struct netlink_answer {
    _Alignas(struct nlmsghdr) unsigned char bytes[NETLINK_ANSWER_ROOM];
    size_t length;
};

/* A socket for questions, to be closed with netlink_close(); an errno below zero where there is
 * none to be had, and -1 where the answers would be about another network namespace than the one
 * with this SO_NETNS_COOKIE. */
int netlink_open(int protocol, uint64_t netns);
void netlink_close(int fd);

/* False: no answer, or one with an error. */
bool netlink_ask(int fd, const struct nlmsghdr *question, struct netlink_answer *) NONNULL MUST_USE;

/* Finds an attribute of at least `least` bytes behind a header of that size, and says how many it
 * has; NULL: there is none. */
const void *netlink_attribute(const struct netlink_answer *, size_t family_header, uint16_t type,
                              size_t least, size_t *length) NONNULL;

/* The errno of an answer with an error; 0: there was no answer. */
int netlink_error(const struct netlink_answer *) NONNULL;

#endif
