/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_TESTS_UNIT_POLICY_TEXT_H
#define TFOSHIM_TESTS_UNIT_POLICY_TEXT_H

#include "policy/policy.h"
#include "policy/subject.h"

/* Compiles a configuration that is given as text, for root's program "tester", whose file is
 * /usr/bin/alias; an error in it ends the test. */
const struct policy *compile_text(const char *text);
const struct policy *compile_text_for(const char *text, const struct policy_subject *);
void discard(const struct policy *);

/* "10.1.2.3" or "fd00::1", and a port. */
struct endpoint endpoint(const char *address, uint16_t port);

#endif
