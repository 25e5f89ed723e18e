/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_SWEEP_H
#define TFOSHIM_POLICY_SWEEP_H

#include "contract.h"
#include "policy/arena.h"
#include "policy/flat.h"

/* Resolves overlapping port intervals, given in the order of their rules: the result covers the
 * same ports in ascending, disjoint segments, each with the first rule that covers it. Returns how
 * many; *segments is in the arena. */
size_t sweep_ports(struct arena *, const struct policy_segment *intervals, size_t count,
                   struct policy_segment **segments) MUST_USE;

#endif
