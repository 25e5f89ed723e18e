/* SPDX-License-Identifier: MIT */
#include "shim/story.h"

#include "kernel/cookie.h"
#include "kernel/tcp.h"
#include "memory/run_figures.h"
#include "policy/names.h"
#include "shim/log.h"

__thread struct story_cause story_cause;

struct memory_destination story_destination(const struct record *record)
{
    struct memory_destination destination = {.netns = record->netns};
    endpoint_from_sockaddr(&destination.endpoint, &record->address.any, sizeof record->address);
    return destination;
}

void story_tell(const struct record *record, const char *event, int error)
{
    if (log_is_on(LOG_DEBUG))
        log_connection(record->fd, &record->address.any, event, error);
}

/* With the call that it comes of, and the reason. */
static void tell_cause(const struct record *record, const char *event, int error)
{
    if (log_is_on(LOG_DEBUG))
        log_cause(record->fd, &record->address.any, event, story_cause.call, story_cause.reason,
                  error);
}

static void tell_round_trip(const struct record *record, const char *event, uint32_t round_trip_us)
{
    if (log_is_on(LOG_DEBUG))
        log_round_trip(record->fd, &record->address.any, event, round_trip_us);
}

void story_decided(const struct record *record, const struct decision *decision)
{
    if (decision->reason != DECISION_DEFER)
        story_tell(record, decision_words(decision->reason), 0);
}

void story_deferred(const struct record *record)
{
    struct memory_destination destination = story_destination(record);
    story_tell(record, "deferred", 0);
    memory_deferred(&destination);
    /* Before its SYN leaves, which may bring another. A destination that is connected to only once
     * is not asked about. */
    if (!memory_cookie_known(&destination))
        memory_cookie(&destination, cookie_number(&record->address.any, record->netns));
    run_figures_add(RUN_DEFERRED, 1);
}

void story_started(const struct record *record, int error)
{
    struct memory_destination destination = story_destination(record);
    tell_cause(record, "started", error);
    memory_started(&destination);
    if (!error)
        memory_syn_left(&destination);
    run_figures_add(RUN_STARTED, 1);
}

void story_opened(const struct record *record, int error)
{
    struct memory_destination destination = story_destination(record);
    tell_cause(record, "opened with data in the SYN", error);
    if (error)
        return;
    memory_syn_left(&destination);
    run_figures_add(RUN_OPENED, 1);
}

/* The kernel says no more than that the data was not acknowledged. */
static bool is_stale(const struct record *record, const struct memory_destination *destination)
{
    uint32_t cookie = cookie_number(&record->address.any, record->netns);
    int64_t ago_ms = tcp_now_ms() - record->syn_left_ms;
    return memory_cookie_replaced(destination, cookie, (uint32_t)(ago_ms / 1000) + 1);
}

static enum memory_outcome outcome_of(const struct record *record,
                                      const struct memory_destination *destination,
                                      const struct tcp_opening *opening)
{
    if (opening->syn_data_acked)
        return MEMORY_ACCEPTED;
    switch (opening->client_fail) {
    case TCP_OPENING_NO_COOKIE:
        return MEMORY_NO_COOKIE;
    case TCP_OPENING_SYN_RETRANSMITTED:
        return MEMORY_SYN_RETRANSMITTED;
    default:
        return is_stale(record, destination) ? MEMORY_STALE : MEMORY_IGNORED;
    }
}

static const char *const outcomes[] = {
    [MEMORY_ACCEPTED] = "SYN data acknowledged, a round trip saved",
    [MEMORY_NO_COOKIE] = "SYN sent without data: no cookie was left",
    [MEMORY_IGNORED] = "SYN data not acknowledged",
    [MEMORY_SYN_RETRANSMITTED] = "SYN lost and sent again without data",
    [MEMORY_STALE] = "SYN data not acknowledged: the cookie was out of date",
};

static const char *opened_by(const struct record *record,
                             const struct memory_destination *destination,
                             const struct tcp_opening *opening)
{
    enum memory_outcome outcome = outcome_of(record, destination, opening);
    memory_fast_opened(destination, outcome);
    if (outcome == MEMORY_ACCEPTED) {
        run_figures_add(RUN_ACCEPTED, 1);
        run_figures_add(RUN_SAVED_US, opening->rtt_us ? opening->rtt_us : record->round_trip_us);
    }
    return outcomes[outcome];
}

/* Only a true connect tells whether the machine itself is there: before a destination is deferred
 * there was one. */
static bool was_deferred(const struct record *record)
{
    return record->tag.state == RECORD_OPENING || record->tag.state == RECORD_LINGERING;
}

/* Did the SYN get lost, or not, for what Fast Open put into it? One that was deferred has a cookie.
 */
static bool option_lost(const struct record *record, const struct tcp_opening *opening)
{
    return was_deferred(record) ? opening->syn_retransmitted : tcp_cookie_request_lost(opening);
}

/* A descriptor may have been closed where no hook sees it, and be another connection's by now. One
 * that data has opened is said by the kernel to have been: it was acknowledged, or why not. Of what
 * says neither the identity is asked. */
static bool is_another(const struct record *record, bool told, const struct tcp_opening *opening)
{
    return (record->tag.flags & RECORD_SYN_DATA) &&
           !(told && (opening->syn_data_acked || opening->client_fail)) &&
           !tcp_is_socket(record->fd, record->socket_cookie);
}

void story_completed(const struct record *record)
{
    struct memory_destination destination = story_destination(record);
    struct tcp_opening opening = {.rtt_us = 0};
    bool told = tcp_opening(record->fd, &opening);
    if (is_another(record, told, &opening))
        return;
    struct memory_handshake handshake = {.rtt_us = opening.rtt_us,
                                         .min_rtt_us = opening.min_rtt_us,
                                         .room = opening.room,
                                         .as_before = was_deferred(record)};
    handshake.local = !handshake.as_before && tcp_is_local(record->fd);
    const char *event = "connected";
    /* Its parent has the connection too, and counts it. */
    if (record->tag.flags & RECORD_INHERITED) {
        memory_answered(&destination);
        return;
    }
    memory_connected(&destination, &handshake);
    if (told && (record->tag.flags & RECORD_SYN_DATA))
        event = opened_by(record, &destination, &opening);
    else if (told && option_lost(record, &opening))
        memory_cookie_request_lost(&destination);
    tell_round_trip(record, event, opening.rtt_us);
}

void story_failed(const struct record *record, int error)
{
    struct memory_destination destination = story_destination(record);
    if (error)
        story_tell(record, "refused", error);
    memory_struck(&destination, record->tag.flags & RECORD_SYN_DATA);
    names_learn_failure(&destination.endpoint);
}

void story_guarded(const struct record *record)
{
    struct memory_destination listener = story_destination(record);
    memory_listener_guard(&listener, MEMORY_GUARDED);
    run_figures_add(RUN_GUARDED, 1);
    story_tell(record, "guarded: the data of its SYN is not safe to repeat", 0);
}

void story_proved(const struct record *record, bool proved)
{
    struct memory_destination listener = story_destination(record);
    memory_listener_guard(&listener, proved ? MEMORY_PROVED : MEMORY_UNPROVED);
    run_figures_add(proved ? RUN_PROVED : RUN_UNPROVED, 1);
    story_tell(record,
               proved ? "client proved: handshake complete" : "client not proved: handshake failed",
               0);
}

void story_lesson(const struct record *record, enum memory_lesson lesson)
{
    struct memory_destination destination = story_destination(record);
    memory_learn(&destination, lesson);
}

void story_counter_lesson(const struct record *record, enum memory_lesson lesson)
{
    struct memory_destination destination = story_destination(record);
    memory_unlearn(&destination, lesson);
}

void story_rehearsed_connect(const struct record *record)
{
    run_figures_add(RUN_DEFERRED, 1);
    story_tell(record, "would be deferred", 0);
}

void story_rehearsed(const struct record *record, bool has_data)
{
    struct tcp_opening opening = {.rtt_us = 0};
    run_figures_add(has_data ? RUN_OPENED : RUN_STARTED, 1);
    if (!has_data) {
        tell_cause(record, "would have been started", 0);
        return;
    }
    if (tcp_opening(record->fd, &opening)) {
        run_figures_add(RUN_ACCEPTED, 1);
        run_figures_add(RUN_SAVED_US, opening.rtt_us);
    }
    tell_round_trip(record, "would have been opened with data in the SYN", opening.rtt_us);
}
