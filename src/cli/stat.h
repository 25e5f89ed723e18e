/* SPDX-License-Identifier: MIT */
/* What `stat` shows: the destination memory, and the kernel's counters beside it. */
#ifndef TFOSHIM_CLI_STAT_H
#define TFOSHIM_CLI_STAT_H

#include "cli/json.h"
#include "cli/processes.h"
#include "cli/recollection.h"
#include "contract.h"
#include "memory/memory.h"

#include <stdio.h>

#define STAT_COUNTERS 7

struct stat_counter {
    const char *name;
    long long kernel; /* -1: this kernel does not count it */
    long long ours;   /* in this network namespace; -1: not ours to count */
};

/* The first ones of a view's counters. */
enum { STAT_ACTIVE, STAT_ACTIVE_FAIL, STAT_PASSIVE };

struct stat_view {
    bool all;       /* network namespaces, not ours alone */
    uint64_t netns; /* ours */
    uint32_t now;
    struct memory_entry *destinations; /* the most saved first, then the latest */
    size_t destination_count;
    struct memory_listener_entry *listeners; /* likewise */
    size_t listener_count;
    size_t elsewhere;       /* left out, being of other network namespaces */
    uint8_t (*cookies)[16]; /* hosts that the kernel has a cookie of, here; IPv4-mapped as ever */
    size_t cookie_count;
    bool cookies_known;
    struct stat_counter counters[STAT_COUNTERS];
    struct processes processes;
};

/* Of this network namespace, or of all. False after a complaint, and then there is nothing to drop.
 */
bool stat_collect(struct stat_view *, const struct memories *, bool all) NONNULL MUST_USE;
void stat_drop(struct stat_view *) NONNULL;
/* Makes one entry of those that several memories have of one place. */
void stat_merge(struct stat_view *) NONNULL;

/* ---- what an entry says ---- */

static inline uint32_t stat_refused(const struct memory_entry *entry)
{
    return entry->no_cookie + entry->ignored + entry->retransmitted + entry->stale;
}

static inline double stat_saved_seconds(const struct memory_entry *entry)
{
    return (double)entry->accepted * entry->rtt_us / 1e6;
}

/* How long a state holds yet, that ends at `until`. */
static inline uint32_t stat_left(uint32_t until, uint32_t now)
{
    return until > now ? until - now : 0;
}

/* A memory that somebody has damaged may have times to come. */
static inline uint32_t stat_age(uint32_t since, uint32_t now)
{
    return now > since ? now - since : 0;
}

/* What happened last. */
extern const struct stat_reason {
    const char *name, *text; /* a word for programs, and words for people */
} stat_reasons[MEMORY_REASONS];

/* The first lesson that holds for some program, as "; a program reads first"; NULL: none does. */
const char *stat_lesson(const struct stat_view *, const struct memory_entry *) NONNULL;

/* What keeps a destination from gaining anything, in words; NULL: nothing does. To be freed. */
char *stat_trouble(const struct stat_view *, const struct memory_entry *) NONNULL MUST_USE;

/* ---- for programs ---- */

void stat_print_json(const struct stat_view *) NONNULL;
/* The figures of an entry, as members of an object. */
void stat_put_destination(struct json *in, const struct memory_entry *, uint32_t now) NONNULL;
void stat_put_listener(struct json *in, const struct memory_listener_entry *, uint32_t now) NONNULL;
void stat_print_prometheus(const struct stat_view *) NONNULL;
/* The same into a file, which is replaced as a whole; false after a complaint. */
bool stat_export(const char *name, const struct stat_view *) NONNULL MUST_USE;

/* What a label's value looks like between its quotes. */
void stat_print_label_value(FILE *, const char *value) NONNULL;

#endif
