/* SPDX-License-Identifier: MIT */
#include "cli/attach_table.h"
#include "cli/place.h"
#include "cli/process_look.h"

const char *attach_table_words(enum attach_fate fate, bool may)
{
    switch (fate) {
    case ATTACH_SET:
        return may ? "accepts SYN data" : "would accept SYN data";
    case ATTACH_THERE:
        return "already accepts SYN data: attached before";
    case ATTACH_OWN:
        return "left alone: attach did not set its TCP_FASTOPEN";
    case ATTACH_SHIMMED:
        return "left alone: runs under libtfoshim.so, whose policy decides";
    case ATTACH_BACK:
        return "no longer accepts SYN data";
    case ATTACH_GONE:
        return "accepts no SYN data: the program has removed TCP_FASTOPEN since";
    case ATTACH_UNKNOWN:
        return "left alone: attach did not set TCP_FASTOPEN";
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
