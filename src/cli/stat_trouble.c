/* SPDX-License-Identifier: MIT */
/* Destinations that have gone quiet: nothing fails there, and nothing is gained. */
#include "cli/stat.h"
#include "cli/util.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* So often is no accident. */
#define TIMES_ENOUGH 2

static const struct {
    const char *name, *text;
} reasons[] = {
    [MEMORY_REASON_NONE] = {"none", "-"},
    [MEMORY_REASON_CONNECTED] = {"connected", "connected plainly"},
    [MEMORY_REASON_STRUCK] = {"failed", "refused, reset or timed out"},
    [MEMORY_REASON_ACCEPTED] = {"accepted", "SYN data acknowledged"},
    [MEMORY_REASON_NO_COOKIE] = {"no_cookie", "no cookie was left"},
    [MEMORY_REASON_IGNORED] = {"ignored", "SYN data not acknowledged"},
    [MEMORY_REASON_SYN_RETRANSMITTED] = {"retransmitted", "SYN with data lost"},
    [MEMORY_REASON_COOKIE_REQUEST_LOST] = {"cookie_request_lost",
                                           "SYN that asked for a cookie lost"},
    [MEMORY_REASON_STALE] = {"stale", "the cookie was out of date, and another came"},
    [MEMORY_REASON_LESSON + MEMORY_READS_FIRST] = {"read_first", "the program read first"},
    [MEMORY_REASON_LESSON +
        MEMORY_WRITES_UNFIT] = {"write_unfit", "the first write may not go into a SYN"},
    [MEMORY_REASON_LESSON + MEMORY_NEVER_READS] = {"never_read", "the program did not read"},
    [MEMORY_REASON_LESSON + MEMORY_COSTS_A_WAIT] = {"waited", "the program was made to wait"},
};

const char *stat_lesson(const struct stat_view *view, const struct memory_entry *entry)
{
    static const char *const texts[MEMORY_LESSONS] = {
        [MEMORY_READS_FIRST] = "; a program reads first",
        [MEMORY_WRITES_UNFIT] = "; a program's first writes may not go into a SYN",
        [MEMORY_NEVER_READS] = "; a program never reads",
        [MEMORY_COSTS_A_WAIT] = "; a program was made to wait",
    };

    for (size_t i = 0; i < MEMORY_LESSONS; i++)
        if (stat_left(entry->learned_until[i], view->now) > 0)
            return texts[i];
    return NULL;
}

const char *stat_reason_name(enum memory_reason reason)
{
    return reasons[reason].name;
}

const char *stat_reason_text(enum memory_reason reason)
{
    return reasons[reason].text;
}

static void write_failures(FILE *stream, const struct memory_entry *entry)
{
    const char *separator = "";
    const struct {
        uint32_t times;
        const char *text;
    } failures[] = {
        {entry->retransmitted, "the path swallowed the SYN with data"},
        {entry->ignored, "the SYN's data was not acknowledged"},
        {entry->no_cookie, "no cookie was left"},
    };

    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (failures[i].times == 0)
            continue;
        fprintf(stream, "%s%s, %" PRIu32 " time%s", separator, failures[i].text, failures[i].times,
                failures[i].times == 1 ? "" : "s");
        separator = "; ";
    }
}

/* Only the kernel of our own namespace can be asked. */
static bool gets_no_cookie(const struct stat_view *view, const struct memory_entry *entry)
{
    if (entry->deferred > 0 || entry->connected < TIMES_ENOUGH || !view->cookies_known ||
        entry->destination.netns != view->netns)
        return false;
    for (size_t i = 0; i < view->cookie_count; i++)
        if (memcmp(view->cookies[i], entry->destination.endpoint.address,
                   sizeof(view->cookies[i])) == 0)
            return false;
    return true;
}

static bool is_never_written_to(const struct stat_view *view, const struct memory_entry *entry)
{
    return entry->tried == 0 && entry->started >= TIMES_ENOUGH && stat_lesson(view, entry) == NULL;
}

/* A key that is changed now and then costs one round trip a client. */
static bool has_several_keys(const struct memory_entry *entry)
{
    return entry->stale > TIMES_ENOUGH && entry->stale > entry->accepted;
}

/* What stands in the way of a first write, rather than of a SYN. */
static const char *obstacle(const struct stat_view *view, const struct memory_entry *entry)
{
    if (gets_no_cookie(view, entry))
        return "no cookie from the server: it does not do Fast Open, or the path strips the option";
    if (is_never_written_to(view, entry))
        return "every SYN left without data: the first write may not go into one (first_write), or "
               "the program waits before it writes";
    if (has_several_keys(entry))
        return "most cookies are refused, and others come: the servers, or listeners, of this "
               "address have different keys (tfoshim key, key_file)";
    return NULL;
}

char *stat_trouble(const struct stat_view *view, const struct memory_entry *entry)
{
    const uint32_t left = stat_left(entry->backed_off_until, view->now);
    char *text = NULL, *duration;
    size_t size;
    FILE *stream;

    if (obstacle(view, entry) != NULL)
        return need_memory(strdup(obstacle(view, entry)));
    if (left == 0 && (entry->tried == entry->stale || entry->accepted > 0))
        return NULL;
    stream = need_memory(open_memstream(&text, &size));
    write_failures(stream, entry);
    if (left > 0) {
        duration = duration_text((uint64_t)left * 1000);
        fprintf(stream, ": backed off, connects are plain for %s more", duration);
        free(duration);
    } else {
        fputs(": never accepted so far", stream);
    }
    fclose(stream);
    return need_memory(text);
}
