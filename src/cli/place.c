/* SPDX-License-Identifier: MIT */
#include "cli/place.h"
#include "cli/util.h"
#include "kernel/address.h"
#include "policy/idn.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* `said` is what was typed, and `text` what of it counts. */
static bool read_place(struct place *place, const char *text, const char *said, const char *verb)
{
    const char *host, *port;
    struct in6_addr address;
    size_t length;
    long long number = 0;
    *place = (struct place){.port = 0};
    if (!split(text, &host, &length, &port) || length >= sizeof place->host) {
        complain("%s: found \"%s\", expected HOST, HOST:PORT, [ADDRESS]:PORT or a URL", verb, said);
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

/* ---- URLs ---- */

/* Those first that services(5) lacks, has under another name, or is not there to tell. */
static uint16_t port_of_scheme(const char *scheme)
{
    static const struct {
        const char *name;
        uint16_t port;
    } known[] = {{"http", 80},         {"https", 443},   {"ws", 80},         {"wss", 443},
                 {"redis", 6379},      {"rediss", 6379}, {"postgres", 5432}, {"postgresql", 5432},
                 {"mongodb", 27017},   {"amqp", 5672},   {"amqps", 5671},    {"mysql", 3306},
                 {"memcached", 11211}, {"mqtt", 1883},   {"mqtts", 8883}};
    const struct servent *service;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(scheme, known[i].name) == 0)
            return known[i].port;
    service = getservbyname(scheme, "tcp");
    return service == NULL ? 0 : ntohs((uint16_t)service->s_port);
}

/* SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/...]: from the scheme comes the port where there is none.
 * A user's name may have an "@" in it, a host not. */
static bool read_url(struct place *place, const char *text, const char *separator, const char *verb)
{
    const char *begin = separator + strlen("://");
    char *scheme = need_memory(strndup(text, (size_t)(separator - text)));
    char *authority = need_memory(strndup(begin, strcspn(begin, "/?#")));
    char *host = strrchr(authority, '@');
    bool done;
    host = host == NULL ? authority : host + 1;
    if (host[0] != '\0' && host[strlen(host) - 1] == ':')
        host[strlen(host) - 1] = '\0';
    done = read_place(place, host, text, verb);
    if (done && place->port == 0) {
        place->port = port_of_scheme(scheme);
        done = place->port != 0;
        if (!done)
            complain("%s: found \"%s\", expected a port behind its host: \"%s\" is no scheme whose "
                     "port is known",
                     verb, text, scheme);
    }
    free(scheme);
    free(authority);
    return done;
}

bool place_read(struct place *place, const char *text, const char *verb)
{
    const char *separator = strstr(text, "://");
    return separator != NULL && separator != text ? read_url(place, text, separator, verb)
                                                  : read_place(place, text, text, verb);
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
