/* SPDX-License-Identifier: MIT */
#include "cli/attach_table.h"
#include "cli/place.h"
#include "cli/process_look.h"

const char *attach_table_words(enum attach_fate fate, bool may)
{
    switch (fate) {
    case ATTACH_SET:
        return may ? "takes SYN data" : "would take SYN data";
    case ATTACH_THERE:
        return "takes SYN data already: attached before";
    case ATTACH_OWN:
        return "left alone: has a TCP_FASTOPEN that attach did not set";
    case ATTACH_SHIMMED:
        return "left alone: runs under libtfoshim.so, whose policy decides";
    case ATTACH_BACK:
        return "takes no SYN data any more";
    case ATTACH_GONE:
        return "takes no SYN data: its program has switched it off since";
    case ATTACH_UNKNOWN:
        return "left alone: attach has not set it";
    default:
        return "the kernel refuses TCP_FASTOPEN";
    }
}

void attach_table_add(struct table *table, const struct attach_listener *listener, int queue,
                      const char *now)
{
    char place[PLACE_TEXT_MOST], process[PROCESS_TEXT_MOST];
    place_endpoint_text(place, &listener->endpoint);
    table_add_copy(table, place);
    table_add_text(table, "%d", queue);
    process_text(process, listener->process);
    if (listener->others > 0)
        table_add_text(table, "%s, %u more", process, listener->others);
    else
        table_add_copy(table, process);
    table_add_copy(table, now);
}

struct table attach_table(void)
{
    static const char *const headings[] = {"listener", "queue", "process", "now"};
    return table_of(headings, sizeof headings / sizeof headings[0]);
}
