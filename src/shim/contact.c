/* SPDX-License-Identifier: MIT */
#include "shim/contact.h"

#include "kernel/tcp.h"
#include "memory/memory.h"
#include "memory/run_figures.h"
#include "policy/names.h"
#include "shim/log.h"
#include "shim/shim.h"
#include "shim/verbs.h"

#include <netinet/tcp.h>

static struct memory_destination destination_of(const struct record *record)
{
    struct memory_destination destination = {.netns = record->netns};
    endpoint_from_sockaddr(&destination.endpoint, &record->address.any, sizeof record->address);
    return destination;
}

struct decision contact_decide(const struct record *record)
{
    struct memory_destination destination = destination_of(record);
    struct decision decision = decide_client(shim.policy, &destination);
    if (decision.verdict.fastopen)
        names_learn_attempt(&destination.endpoint);
    if (decision.reason != DECISION_DEFER)
        verb_tell(record, decision_words(decision.reason), 0);
    return decision;
}

static enum memory_outcome outcome_of(const struct tcp_opening *opening)
{
    if (opening->syn_data_acked)
        return MEMORY_ACCEPTED;
    switch (opening->client_fail) {
    case TCP_OPENING_NO_COOKIE:
        return MEMORY_NO_COOKIE;
    case TCP_OPENING_SYN_RETRANSMITTED:
        return MEMORY_SYN_RETRANSMITTED;
    default:
        return MEMORY_IGNORED;
    }
}

static void saved(uint32_t rtt_us)
{
    run_figures_add(RUN_ACCEPTED, 1);
    run_figures_add(RUN_SAVED_US, rtt_us);
}

static const char *const outcomes[] = {
    [MEMORY_ACCEPTED] = "SYN data acknowledged, a round trip saved",
    [MEMORY_NO_COOKIE] = "SYN without its data: no cookie was left",
    [MEMORY_IGNORED] = "SYN data not acknowledged",
    [MEMORY_SYN_RETRANSMITTED] = "SYN lost, and sent again without its data",
};

void contact_completed(const struct record *record)
{
    struct memory_destination destination = destination_of(record);
    struct tcp_opening opening = {.rtt_us = 0};
    bool told = tcp_opening(record->fd, &opening);
    struct memory_handshake handshake = {
        .rtt_us = opening.rtt_us,
        .min_rtt_us = opening.min_rtt_us,
        .room = opening.room,
        .local = opening.local,
    };
    memory_connected(&destination, &handshake);
    if (told && tcp_cookie_request_lost(&opening))
        memory_cookie_request_lost(&destination);
    const char *event = "connected";
    if (told && (record->tag.flags & RECORD_SYN_DATA)) {
        enum memory_outcome outcome = outcome_of(&opening);
        memory_fast_opened(&destination, outcome);
        if (outcome == MEMORY_ACCEPTED)
            saved(opening.rtt_us);
        event = outcomes[outcome];
    }
    if (log_is_on(LOG_DEBUG))
        log_round_trip(record->fd, &record->address.any, event, opening.rtt_us);
}

void contact_failed(const struct record *record)
{
    struct memory_destination destination = destination_of(record);
    memory_struck(&destination, record->tag.flags & RECORD_SYN_DATA);
    names_learn_failure(&destination.endpoint);
}

void contact_deferred(const struct record *record)
{
    struct memory_destination destination = destination_of(record);
    memory_deferred(&destination);
    run_figures_add(RUN_DEFERRED, 1);
}

void contact_started(const struct record *record)
{
    struct memory_destination destination = destination_of(record);
    memory_started(&destination);
    run_figures_add(RUN_STARTED, 1);
}

void contact_read_first(const struct record *record)
{
    struct memory_destination destination = destination_of(record);
    memory_learn(&destination, MEMORY_READS_FIRST);
}

void contact_wrote_first(const struct record *record)
{
    struct memory_destination destination = destination_of(record);
    memory_unlearn(&destination, MEMORY_READS_FIRST);
}

void contact_taken(const struct record *note)
{
    struct memory_destination local = destination_of(note);
    memory_listener_accepted(&local);
    run_figures_add(RUN_TAKEN, 1);
}
