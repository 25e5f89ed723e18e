/* SPDX-License-Identifier: MIT */
/* What a segment holds that keeps a compiled policy: of the library, which uses it, and of the
 * command, which looks into those of others. */
#ifndef TFOSHIM_SHIM_POLICY_KEPT_H
#define TFOSHIM_SHIM_POLICY_KEPT_H

#include "policy/flat.h"

#include <stddef.h>

struct kept {
    uint64_t mark;
    struct policy_stamp compiler;
    struct policy policy; /* and what follows it */
};

#define KEPT_MARK UINT64_C(0x7466736870636d70)
#define KEPT_HEAD offsetof(struct kept, policy)

/* A mode that a segment is given when it is whole: whoever finds it so need not look further. */
#define KEPT_WHOLE 0400u

#endif
