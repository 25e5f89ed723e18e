/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_FIRST_WRITE_H
#define TFOSHIM_POLICY_FIRST_WRITE_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes of a first write are worth showing to first_write_is_replay_safe(): what a SYN can
 * carry on any common link. */
#define FIRST_WRITE_LOOK 1460

/* May these `length` bytes, the beginning of a write of `total` bytes, be delivered to the server
 * twice without harm? True for a TLS ClientHello, one HTTP GET, HEAD or OPTIONS request and nothing
 * after it, and a DNS query; false for everything else, for what servers read in different ways,
 * and for a write of which not all was shown. */
bool first_write_is_replay_safe(const void *bytes, size_t length, size_t total);

#endif
