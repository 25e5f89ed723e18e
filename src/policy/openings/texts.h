/* SPDX-License-Identifier: MIT */
/* What openings are called, for people. Not in the preloaded library. */
#ifndef TFOSHIM_POLICY_OPENINGS_TEXTS_H
#define TFOSHIM_POLICY_OPENINGS_TEXTS_H

#include "policy/openings/openings.h"

struct opening_text {
    const char *name; /* "tls" */
    const char *what; /* "a TLS ClientHello" */
    const char *why;  /* it changes nothing when it comes twice, and where that is written */
};

const struct opening_text *opening_text(enum opening);

#endif
