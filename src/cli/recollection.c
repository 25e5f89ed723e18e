/* SPDX-License-Identifier: MIT */
#include "cli/recollection.h"
#include "cli/util.h"
#include "kernel/netns.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- whose ---- */

void recollection_set_up_as(const char *program)
{
    static bool complained;
    char path[PATH_MAX];
    const char *reason;
    const bool named = memory_path(path, sizeof path, true);
    memory_look(named ? path : NULL, memory_program(program), &reason);
    if (reason != NULL && !complained)
        complain("%s: %s: programs use the default memory of user %u", path, reason,
                 (unsigned)geteuid());
    complained = reason != NULL;
}

/* Root's programs may have a memory of their own, as in a test: then that one is meant. */
static bool is_everybody_meant(void)
{
    char given[PATH_MAX], usual[PATH_MAX];
    if (geteuid() != 0)
        return false;
    return !memory_path(given, sizeof given, true) ||
           (memory_path(usual, sizeof usual, false) && strcmp(given, usual) == 0);
}

static bool open_file(const char *file)
{
    const char *reason = memory_open(file);
    if (reason != NULL)
        complain("stat: --memory: %s: %s", file, reason);
    return reason == NULL;
}

bool memories_each(const struct memories *memories, bool writable, void (*tell)(void *context),
                   void *context)
{
    if (memories->file != NULL) {
        if (!open_file(memories->file))
            return false;
        tell(context);
    } else if (memories->name != NULL) {
        if (geteuid() != 0 && geteuid() != memories->user) {
            complain("stat: --user: only root can see the memory of another user");
            return false;
        }
        memory_visit(&memories->user, writable, tell, context);
    } else if (is_everybody_meant()) {
        memory_visit(NULL, writable, tell, context);
    } else {
        recollection_set_up_as(NULL);
        tell(context);
    }
    return true;
}

/* ---- what ours holds of one address and port ---- */

static struct memory_destination destination_of(const struct endpoint *endpoint)
{
    return (struct memory_destination){.netns = netns_own(), .endpoint = *endpoint};
}

static bool same_place(const struct memory_destination *one, const struct memory_destination *other)
{
    return one->netns == other->netns && one->endpoint.port == other->endpoint.port &&
           memcmp(one->endpoint.address, other->endpoint.address, sizeof one->endpoint.address) ==
               0;
}

void recollection_of_listener(const struct endpoint *endpoint, struct memory_listener_entry *entry)
{
    const struct memory_destination wanted = destination_of(endpoint);
    for (unsigned i = 0; i < MEMORY_LISTENERS; i++)
        if (memory_listener_entry(i, entry) && same_place(&entry->listener, &wanted))
            return;
    *entry = (struct memory_listener_entry){.listener = wanted};
}

bool recollection_of_destination(const struct endpoint *endpoint, struct memory_entry *entry)
{
    const struct memory_destination wanted = destination_of(endpoint);
    for (unsigned i = 0; i < MEMORY_ENTRIES; i++)
        if (memory_entry(i, entry) && same_place(&entry->destination, &wanted))
            return true;
    return false;
}

/* Of whichever programs. */
static void write_lessons(FILE *stream, const struct memory_entry *entry, uint32_t now)
{
    static const char *const texts[MEMORY_LESSONS] = {
        [MEMORY_READS_FIRST] = "reads first",
        [MEMORY_WRITES_UNFIT] = "has first writes that may not go into a SYN",
        [MEMORY_NEVER_READS] = "never reads",
        [MEMORY_COSTS_A_WAIT] = "was made to wait",
    };
    for (unsigned i = 0; i < MEMORY_LESSONS; i++)
        if (entry->learned_until[i] > now)
            fprintf(stream, "; some program %s, for %" PRIu32 " s more", texts[i],
                    entry->learned_until[i] - now);
}

static void write_figures(FILE *stream, const struct memory_entry *entry)
{
    fprintf(stream, "; %" PRIu32 " fast open%s tried, %" PRIu32 " accepted", entry->tried,
            entry->tried == 1 ? "" : "s", entry->accepted);
    if (entry->no_cookie > 0)
        fprintf(stream, ", %" PRIu32 " without a cookie", entry->no_cookie);
    if (entry->ignored > 0)
        fprintf(stream, ", %" PRIu32 " ignored", entry->ignored);
    if (entry->stale > 0)
        fprintf(stream, ", %" PRIu32 " with a cookie out of date", entry->stale);
    if (entry->retransmitted > 0)
        fprintf(stream, ", %" PRIu32 " with a lost SYN", entry->retransmitted);
    if (entry->rtt_us > 0)
        fprintf(stream, "; round trip %.1f ms", entry->rtt_us / 1000.0);
    if (entry->local)
        fputs("; the machine itself", stream);
}

char *recollection_text(const struct memory_entry *entry, uint32_t now)
{
    char *text = NULL;
    size_t size;
    FILE *stream = need_memory(open_memstream(&text, &size));
    if (entry->last_connected != 0)
        fprintf(stream, "a handshake %" PRIu32 " s ago", now - entry->last_connected);
    else
        fputs("no handshake since the last failure", stream);
    write_figures(stream, entry);
    if (entry->backed_off_until != 0 && entry->backed_off_until > now)
        fprintf(stream, "; backed off for %" PRIu32 " s more", entry->backed_off_until - now);
    write_lessons(stream, entry, now);
    fclose(stream);
    return need_memory(text);
}
