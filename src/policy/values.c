/* SPDX-License-Identifier: MIT */
#include "policy/values.h"
#include "policy/idn.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define HOST_LONGEST 253
#define LABEL_LONGEST 63

static bool refuse(struct value_error *error, const char *found, const char *expected)
{
    error->found = found;
    snprintf(error->expected, sizeof error->expected, "%s", expected);
    return false;
}

/* A decimal number from 0 to `most` that fills [text, end); -1 for anything else. */
static long read_number(const char *text, const char *end, long most)
{
    long number = 0;
    if (text == end)
        return -1;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        number = number * 10 + (*text - '0');
        if (number > most)
            return -1;
    }
    return number;
}

/* Clears the bits after the first `length`; true if any was set. */
static bool clear_host_bits(uint8_t *address, size_t size, unsigned length)
{
    bool any = false;
    for (size_t i = 0; i < size; i++) {
        uint8_t mask = 0xff;
        if (i >= length / 8)
            mask = i > length / 8 ? 0 : (uint8_t)(0xff00 >> length % 8);
        any = any || (address[i] & ~mask) != 0;
        address[i] &= mask;
    }
    return any;
}

static bool refuse_host_bits(struct value_error *error, int family, const uint8_t *masked,
                             unsigned length)
{
    char text[INET6_ADDRSTRLEN];
    error->found = " with host bits set";
    inet_ntop(family, masked, text, sizeof text);
    snprintf(error->expected, sizeof error->expected, "\"%s/%u\"", text, length);
    return false;
}

/* "fe80::1%eth0": a policy matches addresses on any interface. */
static bool refuse_scope(struct value_error *error, const char *text, const char *percent)
{
    error->found = " with a scope";
    snprintf(error->expected, sizeof error->expected, "\"%.*s\"", (int)(percent - text), text);
    return false;
}

/* The address into the IPv4-mapped form; returns its family, AF_UNSPEC if it is none. */
static int read_address(uint8_t mapped[16], const char *text, size_t length)
{
    char address[INET6_ADDRSTRLEN];
    if (length >= sizeof address)
        return AF_UNSPEC;
    memcpy(address, text, length);
    address[length] = '\0';
    memset(mapped, 0, 10);
    memset(mapped + 10, 0xff, 2);
    if (inet_pton(AF_INET, address, mapped + 12) == 1)
        return AF_INET;
    return inet_pton(AF_INET6, address, mapped) == 1 ? AF_INET6 : AF_UNSPEC;
}

bool value_address(struct address_pattern *pattern, const char *text, struct value_error *error)
{
    const char *end = text + strlen(text), *slash = strchr(text, '/');
    const char *percent = strchr(text, '%');
    unsigned offset;
    long length, longest;
    int family;
    *pattern = (struct address_pattern){.text = text, .family = FAMILY_ANY};
    if (strcmp(text, "*") == 0)
        return true;
    family = read_address(pattern->address, text,
                          (size_t)((percent ? percent
                                    : slash ? slash
                                            : end) -
                                   text));
    if (family == AF_UNSPEC)
        return refuse(error, "", ADDRESS_EXPECTED);
    if (percent != NULL)
        return refuse_scope(error, text, percent);
    longest = family == AF_INET ? 32 : 128;
    length = slash == NULL ? longest : read_number(slash + 1, end, longest);
    if (length < 0)
        return refuse(error, "",
                      family == AF_INET ? "a prefix length from 0 to 32 after the slash"
                                        : "a prefix length from 0 to 128 after the slash");
    offset = family == AF_INET ? 12 : 0;
    if (clear_host_bits(pattern->address + offset, 16 - offset, (unsigned)length))
        return refuse_host_bits(error, family, pattern->address + offset, (unsigned)length);
    pattern->length = (uint8_t)((unsigned)length + offset * 8);
    /* A prefix that is shorter than the mapping has some of its ones cleared: it is IPv6's. */
    pattern->family = policy_family(pattern->address);
    return true;
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Labels of letters, digits, hyphens and underscores, with single dots between them. */
static bool is_host_name(const char *name)
{
    size_t label = 0;
    if (strlen(name) > HOST_LONGEST)
        return false;
    for (; *name != '\0'; name++) {
        if (*name == '.' ? label == 0 : !is_name_character(*name))
            return false;
        label = *name == '.' ? 0 : label + 1;
        if (label > LABEL_LONGEST)
            return false;
    }
    return label > 0;
}

bool value_host(struct host_pattern *host, const char *text, struct arena *arena,
                struct value_error *error)
{
    char ascii[HOST_LONGEST + sizeof("*.") + 1];
    bool encoded = idn_is_wide(text) && idn_encode(ascii, sizeof ascii, text);
    const size_t length = strlen(encoded ? ascii : text);
    char *name = arena_string(arena, encoded ? ascii : text, length), *pattern = name;
    uint8_t address[16];
    for (char *c = name; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    if (length > 1 && name[length - 1] == '.')
        name[length - 1] = '\0';
    if (name[0] == '*' && name[1] == '.')
        pattern = name + 1;
    if (read_address(address, text, strlen(text)) != AF_UNSPEC)
        return refuse(error, "", "a host name (the key for addresses is \"address\")");
    if (strcmp(text, "*") == 0)
        return refuse(error, "", "a host name (the pattern for all is address = \"*\")");
    if (!is_host_name(pattern == name ? name : pattern + 1))
        return refuse(error, "", HOST_EXPECTED);
    *host = (struct host_pattern){.text = text, .pattern = pattern};
    return true;
}

bool value_ports(struct port_range *ports, const char *text, struct value_error *error)
{
    const char *end = text + strlen(text), *dash = strchr(text, '-');
    long lo = read_number(text, dash == NULL ? end : dash, PORT_HIGHEST);
    long hi = dash == NULL ? lo : read_number(dash + 1, end, PORT_HIGHEST);
    if (lo < 1 || hi < 1)
        return refuse(error, "", PORT_EXPECTED);
    if (lo > hi) {
        error->found = "";
        snprintf(error->expected, sizeof error->expected, "\"%ld-%ld\"", hi, lo);
        return false;
    }
    *ports = (struct port_range){.lo = (uint16_t)lo, .hi = (uint16_t)hi};
    return true;
}
