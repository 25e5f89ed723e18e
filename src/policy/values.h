/* SPDX-License-Identifier: MIT */
/* The values of a rule, from the text that stands for them. */
#ifndef TFOSHIM_POLICY_VALUES_H
#define TFOSHIM_POLICY_VALUES_H

#include "contract.h"
#include "policy/rules.h"

#define ADDRESS_EXPECTED "an address, a prefix such as \"10.0.0.0/8\", or \"*\""
#define HOST_EXPECTED "a host name such as \"www.example.com\" or \"*.example.com\""
#define PORT_EXPECTED "a port number from 1 to 65535 or a range such as \"8000-8999\""

/* What is wrong with a value: `found` follows the quoted text ("" or " with host bits set"). */
struct value_error {
    const char *found;
    char expected[96];
};

/* Each is false with *error filled in. The patterns point to `text` itself, or into the arena. */
bool value_address(struct address_pattern *, const char *text,
                   struct value_error *error) NONNULL MUST_USE;
bool value_host(struct host_pattern *, const char *text, struct arena *,
                struct value_error *error) NONNULL MUST_USE;
bool value_ports(struct port_range *, const char *text, struct value_error *error) NONNULL MUST_USE;

#endif
