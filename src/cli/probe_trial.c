/* SPDX-License-Identifier: MIT */
/* The connections of a probe, and what they mean. A fault that plain connections have as well is
 * not blamed on Fast Open: for each kind of fault the two are compared. */
#include "cli/probe.h"
#include "cli/util.h"
#include "kernel/metrics.h"

#include <errno.h>
#include <string.h>

/* More would only take time. Three in a row, and none of the plain ones between them, are hardly
 * chance: a path that loses every twentieth SYN has that once in a thousand probes. */
#define SWALLOWED_ENOUGH 3
#define PLAIN_FAILED_ENOUGH 2

static struct attempt *make(struct trial *trial, enum attempt_way way)
{
    struct attempt *attempt = &trial->all[trial->count++];
    attempt_make(attempt, trial->probe, way);
    return attempt;
}

/* False after a complaint: the kernel refuses whatever has to do with Fast Open. */
static bool is_allowed(const struct attempt *attempt)
{
    if (attempt->error == EOPNOTSUPP)
        complain("probe: the client bit (1) of net.ipv4.tcp_fastopen is not set, see tfoshim "
                 "doctor");
    return attempt->error != EOPNOTSUPP;
}

/* ---- how many ---- */

unsigned trial_tried(const struct trial *trial, enum attempt_way way)
{
    unsigned count = 0;
    for (unsigned i = 0; i < trial->count; i++)
        count += trial->all[i].way == way;
    return count;
}

unsigned trial_faults(const struct trial *trial, enum attempt_way way, enum attempt_fault fault)
{
    unsigned count = 0;
    for (unsigned i = 0; i < trial->count; i++)
        count += trial->all[i].way == way && trial->all[i].fault == fault;
    return count;
}

unsigned trial_fates(const struct trial *trial, enum attempt_fate fate)
{
    unsigned count = 0;
    for (unsigned i = 0; i < trial->count; i++)
        count += trial->all[i].way == ATTEMPT_FAST && trial->all[i].fate == fate;
    return count;
}

/* ---- the comparison ---- */

/* Every path loses a SYN now and then: one of several means nothing. Where plain connections have
 * the fault too, none of these must be without a fault, and most of those. */
static bool is_to_blame(const struct trial *trial, enum attempt_way way, enum attempt_fault fault)
{
    const unsigned faults = trial_faults(trial, way, fault);
    if (faults == 0)
        return false;
    if (trial_faults(trial, way, FAULT_NONE) == 0)
        return trial_faults(trial, ATTEMPT_PLAIN, FAULT_NONE) * 2 >
               trial_tried(trial, ATTEMPT_PLAIN);
    return faults > 1 && trial_faults(trial, ATTEMPT_PLAIN, fault) == 0;
}

/* The kind of fault that is to blame on this way, or FAULT_NONE. */
static enum attempt_fault blamed(const struct trial *trial, enum attempt_way way)
{
    for (enum attempt_fault fault = FAULT_SYN_LOST; fault < FAULTS; fault++)
        if (is_to_blame(trial, way, fault))
            return fault;
    return FAULT_NONE;
}

/* The kind that plain connections have most of, of those that these have as well; of any, where
 * none of these is without a fault, or there is none of these. */
static enum attempt_fault common(const struct trial *trial, enum attempt_way way)
{
    const bool any = trial_faults(trial, way, FAULT_NONE) == 0;
    enum attempt_fault most = FAULT_NONE;
    unsigned faults = 0;
    for (enum attempt_fault fault = FAULT_SYN_LOST; fault < FAULTS; fault++) {
        const unsigned plain = trial_faults(trial, ATTEMPT_PLAIN, fault);
        if (plain > faults && (any || trial_faults(trial, way, fault) > 0)) {
            faults = plain;
            most = fault;
        }
    }
    return most;
}

/* One of these is mishandled, or fails as plain ones do, or it is neither. */
static enum probe_verdict compare(struct trial *trial, enum attempt_way way,
                                  enum probe_verdict mishandled, enum probe_verdict neither)
{
    trial->blamed = blamed(trial, way);
    if (trial->blamed != FAULT_NONE)
        return mishandled;
    trial->blamed = common(trial, way);
    return trial->blamed != FAULT_NONE ? VERDICT_PLAIN_FAILS : neither;
}

/* ---- the first connection ---- */

/* Tells whether there is anything to compare with. */
static bool is_reachable(struct trial *trial)
{
    struct probe *probe = trial->probe;
    struct attempt *first;
    char text[PLACE_TEXT_MOST];
    probe->server_answers = true;
    first = make(trial, ATTEMPT_PLAIN);
    probe->server_answers = first->end == ATTEMPT_ANSWERED;
    if (first->end == ATTEMPT_SILENT)
        first->fault = FAULT_NONE;
    if (first->end == ATTEMPT_ANSWERED || first->end == ATTEMPT_SILENT)
        return true;
    place_endpoint_text(text, &probe->endpoint);
    if (first->is_connected)
        complain("probe: %s: a plain connection fails, too, when it sends this: %s", text,
                 strerror(first->error));
    else
        complain("probe: %s cannot be reached by a plain connection either: %s", text,
                 strerror(first->error));
    return false;
}

/* ---- the cookie ---- */

static bool cookie_is_there(const struct probe *probe)
{
    struct metrics metrics;
    bool any;
    return no_error(metrics_of(probe->endpoint.address, &metrics, &any), METRICS_UNREAD) && any &&
           metrics.cookie_length > 0;
}

/* The kernel asks with the experimental option after the server has said nothing to the other. A
 * request that was lost has said nothing; then a plain connection is tried beside it. False after a
 * complaint. */
static bool ask(struct trial *trial)
{
    int answered = 0, failed = 0;
    while (!trial->has_cookie && answered < PROBE_ASK_MOST && failed < PROBE_ASK_MOST) {
        const struct attempt *attempt = make(trial, ATTEMPT_ASK);
        if (!is_allowed(attempt))
            return false;
        trial->has_cookie = cookie_is_there(trial->probe);
        if (attempt->fault == FAULT_NONE) {
            answered++;
        } else {
            failed++;
            make(trial, ATTEMPT_PLAIN);
        }
    }
    if (!trial->has_cookie && answered > 0)
        trial->verdict = VERDICT_UNSUPPORTED;
    else if (!trial->has_cookie)
        trial->verdict =
            compare(trial, ATTEMPT_ASK, VERDICT_REQUEST_MISHANDLED, VERDICT_UNSUPPORTED);
    return true;
}

/* ---- by turns ---- */

/* Every one has lost its SYN, and no plain one. */
static bool is_clear(const struct trial *trial)
{
    const unsigned lost = trial_faults(trial, ATTEMPT_FAST, FAULT_SYN_LOST);
    return lost >= SWALLOWED_ENOUGH && lost == trial_tried(trial, ATTEMPT_FAST) &&
           trial_faults(trial, ATTEMPT_PLAIN, FAULT_SYN_LOST) == 0;
}

/* Alternating: what changes on the path meanwhile changes for both. False after a complaint. */
static bool try_by_turns(struct trial *trial, int count)
{
    int failed = 0;
    for (int i = 0; i < count && failed < PLAIN_FAILED_ENOUGH && !is_clear(trial); i++) {
        struct attempt *fast, *plain = make(trial, ATTEMPT_PLAIN);
        plain->is_timed = true;
        failed = plain->is_connected ? 0 : failed + 1;
        /* What follows would tell nothing. */
        if (!plain->is_connected)
            continue;
        fast = make(trial, ATTEMPT_FAST);
        if (!is_allowed(fast))
            return false;
        fast->is_timed = true;
    }
    /* The last fast one has one on either side, too. */
    if (trial->all[trial->count - 1].fault != FAULT_NONE)
        make(trial, ATTEMPT_PLAIN);
    return true;
}

static enum probe_verdict judge(struct trial *trial)
{
    const unsigned tried = trial_tried(trial, ATTEMPT_FAST);
    if (trial_fates(trial, FATE_ACKED) * 2 > tried)
        return VERDICT_WORKS;
    return compare(trial, ATTEMPT_FAST, VERDICT_DATA_MISHANDLED,
                   trial_fates(trial, FATE_HELD_BACK) > 0 ? VERDICT_HELD_BACK : VERDICT_IGNORED);
}

bool trial_run(struct trial *trial, int count)
{
    if (!is_reachable(trial)) {
        trial->verdict = VERDICT_UNREACHABLE;
        return true;
    }
    trial->had_cookie = trial->has_cookie = cookie_is_there(trial->probe);
    if (!trial->has_cookie && !ask(trial))
        return false;
    if (!trial->has_cookie)
        return true;
    if (!try_by_turns(trial, count))
        return false;
    trial->verdict = judge(trial);
    return true;
}
