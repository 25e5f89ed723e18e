/* SPDX-License-Identifier: MIT */
#include "kernel/address.h"
#include "policy/policy.h"

#include <netinet/in.h>
#include <string.h>

/* What the kernel accepts as an AF_INET6 address: RFC 2133's, without sin6_scope_id. */
#define SIN6_LENGTH_LEAST offsetof(struct sockaddr_in6, sin6_scope_id)

static void read_ipv4(struct endpoint *endpoint, const struct sockaddr *from)
{
    struct sockaddr_in address;
    memcpy(&address, from, sizeof address);
    memset(endpoint->address, 0, 10);
    memset(endpoint->address + 10, 0xff, 2);
    memcpy(endpoint->address + 12, &address.sin_addr, 4);
    endpoint->port = ntohs(address.sin_port);
}

static void read_ipv6(struct endpoint *endpoint, const struct sockaddr *from)
{
    struct sockaddr_in6 address;
    memcpy(&address, from, SIN6_LENGTH_LEAST);
    memcpy(endpoint->address, &address.sin6_addr, 16);
    endpoint->port = ntohs(address.sin6_port);
}

/* The addresses are copied before they are read: programs pass them from buffers of any alignment.
 */
bool endpoint_from_sockaddr(struct endpoint *endpoint, const struct sockaddr *from,
                            socklen_t length)
{
    sa_family_t family;
    if (from == NULL || length < offsetof(struct sockaddr, sa_family) + sizeof family)
        return false;
    memcpy(&family, (const char *)from + offsetof(struct sockaddr, sa_family), sizeof family);
    if (family == AF_INET && length >= sizeof(struct sockaddr_in)) {
        read_ipv4(endpoint, from);
        return true;
    }
    if (family == AF_INET6 && length >= SIN6_LENGTH_LEAST) {
        read_ipv6(endpoint, from);
        return true;
    }
    return false;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint, struct sockaddr_storage *to)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
    memset(to, 0, sizeof *to);
    if (address_is_ipv4(endpoint->address)) {
        memcpy(&in.sin_addr, endpoint->address + 12, 4);
        memcpy(to, &in, sizeof in);
        return sizeof in;
    }
    memcpy(&in6.sin6_addr, endpoint->address, 16);
    memcpy(to, &in6, sizeof in6);
    return sizeof in6;
}

/* A connect to the wildcard goes to this machine. */
bool endpoint_is_loopback(const struct endpoint *endpoint)
{
    static const uint8_t one[16] = {[15] = 1};
    if (address_is_any(endpoint->address))
        return true;
    return address_is_ipv4(endpoint->address) ? endpoint->address[12] == IN_LOOPBACKNET
                                              : memcmp(endpoint->address, one, sizeof one) == 0;
}

bool endpoint_is_link_local(const struct endpoint *endpoint)
{
    return endpoint->address[0] == 0xfe && (endpoint->address[1] & 0xc0) == 0x80;
}
