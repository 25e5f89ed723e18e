/* SPDX-License-Identifier: MIT */
/*
 * Learned names: which addresses the program's own resolver calls answered for the names that some
 * `host` pattern of the policy matches, and which of them came with others. Fixed memory, no locks;
 * under pressure the oldest answer is forgotten. That a name was is known of its address; a
 * forgotten sibling means a handshake that counts for longer.
 */
#ifndef TFOSHIM_POLICY_NAMES_H
#define TFOSHIM_POLICY_NAMES_H

#include "contract.h"
#include "policy/policy.h"

/* No address is remembered under more names of different patterns than these at a time. */
#define NAMES_PER_ADDRESS 8

/* The resolver answered `address` (port ignored) for `name`. */
void names_learn(const struct policy *, const char *name, const struct endpoint *address);

/* Both were in one answer of the resolver, or the program turned from one to the other: it has
 * somewhere to turn to if either fails. The same one twice is none. */
void names_learn_siblings(const struct endpoint *, const struct endpoint *) NONNULL;
bool names_has_siblings(const uint8_t address[16]) NONNULL;

/* A connect to there has failed; one is tried. To another address of the same port, it is the
 * program that turns to it. */
void names_learn_failure(const struct endpoint *) NONNULL;
void names_learn_attempt(const struct endpoint *) NONNULL;

/* What is known of an address. */
struct names_of_address {
    uint32_t
        ids[NAMES_PER_ADDRESS]; /* for each of its names, the host pattern that says most of it */
    size_t count;
    bool others;    /* it may have names without a pattern, too */
    bool forgotten; /* it may have names that are not known: there was no room for them, or they
                     * were looked up by other patterns */
};

void names_look_up(const struct policy *, const uint8_t address[16],
                   struct names_of_address *) NONNULL;

/* The policy is about to be in force. Where its patterns are others than those of the one before,
 * what was looked up until now is forgotten, until it is looked up again; where they are those of
 * the one before that, it is known as it was then. One caller at a time. */
void names_follow(const struct policy *) NONNULL;

#endif
