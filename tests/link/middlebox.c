/* SPDX-License-Identifier: MIT */
#include "middlebox.h"

static bool resets(struct settings *settings, const struct segment *segment)
{
    if (settings->reset_syn_data && segment->payload_length)
        return true;
    if (!settings->reset_syn || !segment_is_opening(segment))
        return false;
    settings->reset_syn--;
    return true;
}

static void alter(const struct settings *settings, int side, struct segment *segment,
                  size_t *length)
{
    /* A SYN-ACK's cookie is left alone: altered twice, it would be right again. */
    if (settings->alter_cookie && segment_is_opening(segment))
        segment_alter_cookie(segment);
    if (settings->strip_option || settings->strip_option_from[side])
        segment_strip_option(segment);
    if (settings->strip_data && segment->payload_length)
        *length = segment_strip_data(segment);
}

enum verdict middlebox(struct settings *settings, int side, struct segment *segment, size_t *length)
{
    if (!segment_is_syn(segment))
        return PASS;
    if (settings->drop_option && segment->fastopen)
        return DROP;
    if (settings->drop_syn_data && segment->payload_length)
        return DROP;
    if (resets(settings, segment))
        return RESET;
    alter(settings, side, segment, length);
    return PASS;
}
