/* SPDX-License-Identifier: MIT */
/* The kernel's cache of what it has learned of other hosts (tcp_metrics), Fast Open cookies among
 * it, over generic netlink: all of it, of our network namespace. */
#ifndef TFOSHIM_KERNEL_METRICS_H
#define TFOSHIM_KERNEL_METRICS_H

#include "contract.h"

#include <stdbool.h>
#include <stdint.h>

#define METRICS_COOKIE_MOST 16

struct metrics {
    uint8_t address[16]; /* of the other host; IPv4 is IPv4-mapped, as in struct endpoint */
    uint8_t source[16];  /* ours */
    uint8_t cookie[METRICS_COOKIE_MOST];
    uint8_t cookie_length; /* 0: none */
    uint16_t mss;          /* the server's, which came with the cookie */
    uint16_t syn_drops;    /* SYNs with data lost in a row */
    uint64_t drop_age_ms;  /* since the last of them */
    uint64_t age_ms;       /* since anything of this was learned */
};

/* What to say where it is not told. */
#define METRICS_UNREAD "cannot read the kernel's tcp_metrics"

typedef void metrics_visit(void *context, const struct metrics *);

/* Calls `visit` for every entry. 0, or the errno. */
int metrics_each(metrics_visit *, void *context) MUST_USE;

/* The entry of a host, one with a cookie if there is any; *any: is there one at all? 0, or the
 * errno. */
int metrics_of(const uint8_t address[16], struct metrics *, bool *any) NONNULL MUST_USE;

/* Makes the kernel forget a host, or all of them (NULL). 0, or the errno. */
int metrics_forget(const uint8_t address[16]);

/* "0123456789abcdef" */
void metrics_cookie_text(char text[2 * METRICS_COOKIE_MOST + 1], const struct metrics *) NONNULL;

#endif
