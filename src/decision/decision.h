/* SPDX-License-Identifier: MIT */
/*
 * Whether a connect() opens fast, and why not: one answer for the library, its dry run, its log and
 * `tfoshim explain`. It is made of what the policy says, of what the memory has learned, and for
 * the machine itself of what the kernel knows. Changes nothing, so that it may be asked for the
 * asking; allocates, locks and waits for nothing, and leaves errno alone.
 */
#ifndef TFOSHIM_DECISION_DECISION_H
#define TFOSHIM_DECISION_DECISION_H

#include "contract.h"
#include "memory/memory.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stdint.h>

/* Seconds for which a handshake is of late, whatever the policy says, where the program has other
 * addresses to turn to: a dead host is to be seen in connect(), which is where it turns. */
#define DECISION_LATELY_SIBLINGS_S 60u

enum decision_reason {
    DECISION_DEFER,         /* connect() is deferred, and the first write goes into the SYN */
    DECISION_NO_RULE,       /* no rule enables this destination, or one says off */
    DECISION_FIRST_CONTACT, /* no handshake with this address and port lately */
    DECISION_BACKED_OFF,    /* fast opens failed here, and it is not yet time to try again */
    DECISION_REFUSED,       /* it has just refused, whatever first_contact says */
    DECISION_UNANSWERED,    /* a SYN has had no answer, whatever first_contact says */
    DECISION_LOCAL,         /* the machine itself */
    DECISION_SHORT,         /* its round trip is shorter than min_rtt */
    DECISION_READS_FIRST,   /* learned of this program: enum memory_lesson */
    DECISION_WRITES_UNFIT,
    DECISION_NEVER_READS,
    DECISION_COSTS_A_WAIT,
    DECISION_NOBODY_LISTENS, /* the machine itself, where the policy asks for it: no listener */
    DECISION_FORGOTTEN,      /* a rule may be for a name of its, which is forgotten */
    DECISION_NO_INTERFACE,   /* a rule may be for its interface, which is not known */
    DECISION_LINK_LOCAL,     /* nothing that is known of the address is known of this host */
    DECISION_REASONS,
};

struct decision {
    enum decision_reason reason;
    bool asks_cookie; /* not deferred, but its SYN may ask for a cookie */
    struct client_verdict verdict;
    uint32_t rtt_us; /* smoothed, 0: not known */
    bool tried;      /* data in a SYN has come through, and has not failed since */
    uint16_t room;   /* bytes of data that a SYN to there takes, 0: not known */
};

struct decision decide_client(const struct policy *, const struct memory_destination *,
                              const struct policy_link *);

/* Says the reason that nothing is deferred there, whatever becomes of this connect? Then nobody
 * need follow it: what was learned of the address lasts until a first contact looks again. */
bool decision_is_of_place(enum decision_reason);

/* For the log: "connects plainly: the machine itself". */
const char *decision_words(enum decision_reason);
/* The reason alone: "the machine itself". */
const char *decision_why(enum decision_reason);

#endif
