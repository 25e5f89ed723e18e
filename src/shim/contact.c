/* SPDX-License-Identifier: MIT */
#include "shim/contact.h"

#include "kernel/listening.h"
#include "kernel/tcp.h"
#include "memory/memory.h"
#include "memory/run_figures.h"
#include "shim/log.h"
#include "shim/verbs.h"

#include <netinet/tcp.h>

static struct memory_destination destination_of(const struct record *record)
{
    struct memory_destination destination = {.netns = record->netns};
    endpoint_from_sockaddr(&destination.endpoint, &record->address.any, sizeof record->address);
    return destination;
}

static const char *const objections[] = {
    [MEMORY_BACKED_OFF] = "connects truly: fast opens have failed here",
    [MEMORY_READS_FIRST] = "connects truly: programs read first here",
    [MEMORY_NOT_LATELY] = "connects truly: no handshake within the last hour",
};

bool contact_may_defer(const struct record *record, enum first_contact first_contact)
{
    struct memory_destination destination = destination_of(record);
    enum memory_verdict verdict = memory_judge(&destination);
    /* On the machine itself the kernel knows, and better: servers die unseen. */
    if (verdict == MEMORY_DEFER && first_contact == FIRST_CONTACT_CONNECT &&
        address_is_loopback(&record->address.any) &&
        !somebody_listens(&record->address.any, record->netns)) {
        verb_tell(record, "connects truly: nobody listens there", 0);
        return false;
    }
    if (verdict == MEMORY_NOT_LATELY && first_contact == FIRST_CONTACT_DEFER)
        verdict = MEMORY_DEFER;
    if (verdict != MEMORY_DEFER)
        verb_tell(record, objections[verdict], 0);
    return verdict == MEMORY_DEFER;
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
    memory_connected(&destination, opening.rtt_us);
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
    memory_read_first(&destination);
}

void contact_wrote_first(const struct record *record)
{
    struct memory_destination destination = destination_of(record);
    memory_wrote_first(&destination);
}

void contact_taken(const struct record *note)
{
    struct memory_destination local = destination_of(note);
    memory_listener_accepted(&local);
    run_figures_add(RUN_TAKEN, 1);
}

void contact_listener_gone(const struct record *note)
{
    struct memory_destination local = destination_of(note);
    memory_struck_port(local.netns, local.endpoint.port, &local.endpoint);
}
