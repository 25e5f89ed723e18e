/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "interpret.h"
#include "ports.h"

static void wrong(const struct line *line, const char *why)
{
    errx(2, "cannot run line %d (%s): %s", (int)(line - lines) + 1,
         line->count ? line->word[0] : "", why);
}

const char *word_of(const struct line *line, int index)
{
    if (index >= line->count)
        wrong(line, "a word is missing");
    return line->word[index];
}

bool word_is(const struct line *line, int index, const char *text)
{
    return index < line->count && strcmp(line->word[index], text) == 0;
}

long number_of(const struct line *line, int index)
{
    const char *word = word_of(line, index);
    char *end;
    long number = strtol(word, &end, 10);
    if (end == word || *end)
        wrong(line, "expected a number");
    return number;
}

struct slot *slot_of(const struct line *line, int index)
{
    const char *word = word_of(line, index);
    char *end;
    long number = strtol(word + 1, &end, 10);
    if (*word != 's' || end == word + 1 || *end || number < 0 || number >= SLOTS_MAX)
        wrong(line, "expected a slot: s0, s1 ...");
    return &slots[number];
}

/* What a policy may call safe to repeat, and what it may not. */
void payload_fill(const char *kind, int salt, unsigned char *bytes, size_t size)
{
    static const char get[] = "GET / HTTP/1.0\r\nX: ";
    static const char post[] = "POST / HTTP/1.0\r\nX: ";
    const char *head = strcmp(kind, "get") == 0 ? get : strcmp(kind, "post") == 0 ? post : "";
    size_t length = strlen(head);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)('a' + (i + i / 26 + (size_t)salt) % 26);
    for (size_t i = 0; i < length && i < size; i++)
        bytes[i] = (unsigned char)head[i];
    /* A request that ends is one; the policy takes no half of one for safe. */
    if (head == get && size >= length + 4)
        for (size_t i = 0; i < 4; i++)
            bytes[size - 4 + i] = (unsigned char)"\r\n\r\n"[i];
}

uint32_t digest(uint32_t sum, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 16777619U;
    return sum;
}

static int port_of(const char *name)
{
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (strcmp(ports[i].name, name) == 0)
            return ports[i].port;
    return (int)strtol(name, NULL, 10);
}

socklen_t address_of(int family, const char *host, const char *port,
                     struct sockaddr_storage *address)
{
    static const struct {
        const char *name, *four, *six;
    } hosts[] = {
        {"server", "10.9.0.2", "fd09::2"},
        {"self", "10.9.0.1", "fd09::1"},
        {"loopback", "127.0.0.1", "::1"},
        {"any", "0.0.0.0", "::"},
    };
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    size_t i;

    memset(address, 0, sizeof *address);
    address->ss_family = (sa_family_t)family;
    for (i = 0; i < 4 && strcmp(hosts[i].name, host) != 0; i++)
        ;
    if (i == 4)
        errx(2, "cannot connect to %s: no such host", host);
    if (family == AF_INET6) {
        six->sin6_port = htons((uint16_t)port_of(port));
        inet_pton(AF_INET6, hosts[i].six, &six->sin6_addr);
        return sizeof *six;
    }
    four->sin_port = htons((uint16_t)port_of(port));
    inet_pton(AF_INET, hosts[i].four, &four->sin_addr);
    return sizeof *four;
}

long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void nap_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}
