/* SPDX-License-Identifier: MIT */
#include "decision/decision.h"

#include "kernel/address.h"
#include "kernel/listening.h"
#include "policy/names.h"

#include <string.h>

static const struct {
    enum memory_lesson lesson;
    enum decision_reason reason;
} lessons[] = {
    {MEMORY_READS_FIRST, DECISION_READS_FIRST},
    {MEMORY_WRITES_UNFIT, DECISION_WRITES_UNFIT},
    {MEMORY_NEVER_READS, DECISION_NEVER_READS},
    {MEMORY_COSTS_A_WAIT, DECISION_COSTS_A_WAIT},
};

/* What all of it is about. */
struct question {
    const struct memory_destination *to;
    struct client_verdict verdict;
    struct memory_knowledge known;
    bool is_local;
    bool is_late; /* no handshake that still counts */
};

static bool is_lately(const struct endpoint *to, uint32_t connected_ago, uint32_t lately)
{
    return connected_ago <= lately &&
           (connected_ago <= DECISION_LATELY_SIBLINGS_S || !names_has_siblings(to->address));
}

/* Of the machine itself, and of neighbours too close: unless the policy asks for them. What was
 * learned of an address counts as long as its last handshake does. */
static enum decision_reason too_near(const struct question *q)
{
    if (q->verdict.min_rtt_us == 0)
        return DECISION_DEFER;
    if (q->is_local)
        return q->verdict.names_loopback ? DECISION_DEFER : DECISION_LOCAL;
    if (q->known.min_rtt_us != 0 && q->known.min_rtt_us < q->verdict.min_rtt_us)
        return DECISION_SHORT;
    return DECISION_DEFER;
}

static enum decision_reason learned(unsigned held)
{
    for (size_t i = 0; i < sizeof lessons / sizeof lessons[0]; i++)
        if (held & 1u << lessons[i].lesson)
            return lessons[i].reason;
    return DECISION_DEFER;
}

/* Where a connect to the wildcard goes. */
static struct endpoint reached(struct endpoint to)
{
    if (!address_is_any(to.address))
        return to;
    if (address_is_ipv4(to.address))
        to.address[12] = 127;
    to.address[15] = 1;
    return to;
}

/* On the machine itself the kernel knows, and better: servers die unseen. */
static bool nobody_listens(const struct question *q)
{
    struct endpoint endpoint = reached(q->to->endpoint);
    struct sockaddr_storage address;
    if (!q->is_local || q->verdict.first_contact != FIRST_CONTACT_CONNECT)
        return false;
    endpoint_to_sockaddr(&endpoint, &address);
    return !somebody_listens((const struct sockaddr *)&address, q->to->netns);
}

/* In this order: the first reason not to. */
static enum decision_reason reason_for(const struct question *q)
{
    enum decision_reason reason;
    if (!q->verdict.fastopen)
        return q->verdict.forgotten      ? DECISION_FORGOTTEN
               : q->verdict.no_interface ? DECISION_NO_INTERFACE
                                         : DECISION_NO_RULE;
    if (endpoint_is_link_local(&q->to->endpoint))
        return DECISION_LINK_LOCAL;
    if (endpoint_is_loopback(&q->to->endpoint) && too_near(q) != DECISION_DEFER)
        return DECISION_LOCAL;
    if (q->known.backed_off)
        return DECISION_BACKED_OFF;
    if (q->known.refused)
        return DECISION_REFUSED;
    if (q->known.unanswered)
        return DECISION_UNANSWERED;
    reason = learned(q->known.lessons);
    if (reason != DECISION_DEFER)
        return reason;
    if (q->is_late && q->verdict.first_contact == FIRST_CONTACT_CONNECT)
        return DECISION_FIRST_CONTACT;
    reason = too_near(q);
    if (reason != DECISION_DEFER)
        return reason;
    return nobody_listens(q) ? DECISION_NOBODY_LISTENS : DECISION_DEFER;
}

struct decision decide_client(const struct policy *policy, const struct memory_destination *to,
                              const struct policy_link *link)
{
    struct question q = {.to = to, .verdict = policy_client(policy, &to->endpoint, link)};
    struct decision decision = {.verdict = q.verdict};
    if (q.verdict.fastopen)
        q.known = memory_recall(to);
    q.is_local = q.known.local || endpoint_is_loopback(&to->endpoint);
    q.is_late = !is_lately(&to->endpoint, q.known.connected_ago, q.verdict.lately_s);
    decision.reason = reason_for(&q);
    /* Where nothing would be deferred with a cookie either, none is asked for. */
    decision.asks_cookie =
        decision.reason == DECISION_FIRST_CONTACT && too_near(&q) == DECISION_DEFER;
    decision.rtt_us = q.known.rtt_us;
    decision.room = q.known.room;
    decision.tried = q.known.tried;
    return decision;
}

bool decision_is_of_place(enum decision_reason reason)
{
    return reason == DECISION_LOCAL || reason == DECISION_SHORT || reason == DECISION_LINK_LOCAL;
}

static const char *const words[DECISION_REASONS] = {
    [DECISION_DEFER] = "deferred: the first write goes into the SYN",
    [DECISION_NO_RULE] = "connects plainly: no rule enables it",
    [DECISION_FIRST_CONTACT] = "not deferred: no recent handshake with this address and port",
    [DECISION_BACKED_OFF] = "connects plainly: fast opens have failed here",
    [DECISION_REFUSED] = "connects plainly: it has just refused",
    [DECISION_UNANSWERED] = "connects plainly: its last SYN was not answered",
    [DECISION_LOCAL] = "connects plainly: the machine itself",
    [DECISION_SHORT] = "connects plainly: its round trip is shorter than min_rtt",
    [DECISION_READS_FIRST] = "connects plainly: this program reads first here",
    [DECISION_WRITES_UNFIT] =
        "connects plainly: this program's first writes here may not go into a SYN",
    [DECISION_NEVER_READS] = "connects plainly: this program never reads here",
    [DECISION_COSTS_A_WAIT] = "connects plainly: deferring has made this program wait here",
    [DECISION_NOBODY_LISTENS] = "connects plainly: nobody listens there",
    [DECISION_FORGOTTEN] =
        "connects plainly: a rule may apply to its name, which is no longer known",
    [DECISION_NO_INTERFACE] =
        "connects plainly: a rule may apply to its interface, which the kernel did not report",
    [DECISION_LINK_LOCAL] = "connects plainly: a link-local address",
};

const char *decision_words(enum decision_reason reason)
{
    return (unsigned)reason < DECISION_REASONS ? words[reason] : "";
}

const char *decision_why(enum decision_reason reason)
{
    const char *colon = strstr(decision_words(reason), ": ");
    return colon ? colon + 2 : "";
}
