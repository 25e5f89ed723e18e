/* SPDX-License-Identifier: MIT */
#include "policy/policy.h"

#include <netinet/in.h>
#include <string.h>

/* What the kernel accepts as an AF_INET6 address: RFC 2133's, without sin6_scope_id. */
#define SIN6_LENGTH_LEAST offsetof(struct sockaddr_in6, sin6_scope_id)

static void read_ipv4(struct endpoint *endpoint, const struct sockaddr *from)
{
    struct sockaddr_in address;

    memcpy(&address, from, sizeof(address));
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

    if (from == NULL || length < offsetof(struct sockaddr, sa_family) + sizeof(family))
        return false;
    memcpy(&family, (const char *)from + offsetof(struct sockaddr, sa_family), sizeof(family));
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
