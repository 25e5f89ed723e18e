/* SPDX-License-Identifier: MIT */
#include "policy/openings/texts.h"

const struct opening_text *opening_text(enum opening opening)
{
    static const struct opening_text texts[OPENINGS] = {
        [OPENING_NONE] = {"none", "no known opening", "it may do harm if it is delivered twice"},
#define OPENING(name, port, what, why) [OPENING_##name] = {#name, what, why},
#include "policy/openings/openings.def"
#undef OPENING
    };
    return &texts[opening];
}
