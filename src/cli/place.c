/* SPDX-License-Identifier: MIT */
#include "cli/place.h"
#include "cli/util.h"
#include "kernel/address.h"
#include "policy/idn.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the host ends: at the bracket, at the only colon, or, of an IPv6 address without brackets,
 * at its end. */
static bool split(const char *text, const char **host, size_t *length, const char **port)
{
    const char *colon = strchr(text, ':');
    *host = text;
    *length = strlen(text);
    *port = NULL;
    if (text[0] == '[') {
        const char *bracket = strchr(text, ']');
        if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':'))
            return false;
        *host = text + 1;
        *length = (size_t)(bracket - *host);
        *port = bracket[1] == ':' ? bracket + 2 : NULL;
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        *length = (size_t)(colon - text);
        *port = colon + 1;
    }
    return *length > 0;
}

/* A name with other letters is asked for, and told to the server, in ASCII. */
static void encode(struct place *place)
{
    char ascii[sizeof place->host] = "";
    if (idn_is_wide(place->host) && idn_encode(ascii, sizeof ascii, place->host))
        memcpy(place->host, ascii, sizeof ascii);
}

bool place_read(struct place *place, const char *text, const char *verb)
{
    const char *host, *port;
    struct in6_addr address;
    size_t length;
    long long number = 0;
    *place = (struct place){.port = 0};
    if (!split(text, &host, &length, &port) || length >= sizeof place->host) {
        complain("%s: found \"%s\", expected HOST, HOST:PORT or [ADDRESS]:PORT", verb, text);
        return false;
    }
    memcpy(place->host, host, length);
    encode(place);
    if (port != NULL && !read_number(&number, port, 1, UINT16_MAX)) {
        complain("%s: found port \"%s\", expected a number from 1 to 65535", verb, port);
        return false;
    }
    place->port = (uint16_t)number;
    place->is_numeric = inet_pton(AF_INET, place->host, &address) == 1 ||
                        inet_pton(AF_INET6, place->host, &address) == 1 ||
                        strchr(place->host, '%') != NULL;
    return true;
}

struct addrinfo *place_resolve(const struct place *place, int family, const char *verb)
{
    const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *answer = NULL;
    char port[8];
    int error;
    snprintf(port, sizeof port, "%u", place->port);
    error = getaddrinfo(place->host, port, &hints, &answer);
    if (error == 0)
        return answer;
    complain("%s: cannot resolve \"%s\": %s", verb, place->host, gai_strerror(error));
    return NULL;
}

void place_address_text(char text[PLACE_TEXT_MOST], const uint8_t address[16])
{
    if (address_is_ipv4(address))
        inet_ntop(AF_INET, address + 12, text, PLACE_TEXT_MOST);
    else
        inet_ntop(AF_INET6, address, text, PLACE_TEXT_MOST);
}

void place_endpoint_text(char text[PLACE_TEXT_MOST], const struct endpoint *endpoint)
{
    char address[PLACE_TEXT_MOST];
    place_address_text(address, endpoint->address);
    snprintf(text, PLACE_TEXT_MOST, strchr(address, ':') != NULL ? "[%.45s]:%u" : "%.45s:%u",
             address, endpoint->port);
}
