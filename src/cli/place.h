/* SPDX-License-Identifier: MIT */
/* Places on the network as they are typed, HOST, HOST:PORT, [ADDRESS]:PORT or a URL, and as they
 * are printed. */
#ifndef TFOSHIM_CLI_PLACE_H
#define TFOSHIM_CLI_PLACE_H

#include "contract.h"
#include "policy/policy.h"

#include <netdb.h>

struct place {
    char host[256]; /* without brackets */
    uint16_t port;  /* 0: none was given, and no URL, whose scheme has one */
    bool is_numeric;
};

#define PLACE_TEXT_MOST 64

/* False after a complaint by `verb`. */
bool place_read(struct place *, const char *text, const char *verb) NONNULL MUST_USE;

/* Its addresses, for freeaddrinfo(), of `family` or AF_UNSPEC; NULL after a complaint. */
struct addrinfo *place_resolve(const struct place *, int family, const char *verb) NONNULL MUST_USE;

/* "192.0.2.1", "2001:db8::1" */
void place_address_text(char text[PLACE_TEXT_MOST], const uint8_t address[16]) NONNULL;

/* "192.0.2.1:443", "[2001:db8::1]:443" */
void place_endpoint_text(char text[PLACE_TEXT_MOST], const struct endpoint *) NONNULL;

#endif
