/* SPDX-License-Identifier: MIT */
#include "kernel/cookie.h"

#include "hash/hash.h"
#include "kernel/metrics_request.h"

#include <errno.h>
#include <linux/tcp_metrics.h>
#include <netinet/in.h>
#include <stdbool.h>

static struct metrics_request question(uint16_t family, const struct sockaddr *address)
{
    const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    const void *in = &((const struct sockaddr_in *)address)->sin_addr;
    bool mapped = address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(in6);
    if (address->sa_family == AF_INET6 && !mapped)
        return metrics_request(family, TCP_METRICS_CMD_GET, in6, sizeof *in6);
    return metrics_request(family, TCP_METRICS_CMD_GET, mapped ? &in6->s6_addr[12] : in,
                           sizeof(struct in_addr));
}

/* `number`: 0, unless there is one. */
static enum cookie ask(int fd, const struct sockaddr *address, uint32_t *number)
{
    uint16_t family = metrics_family(fd);
    if (!family)
        return COOKIE_UNKNOWN;
    struct metrics_request request = question(family, address);
    struct netlink_answer answer;
    size_t length = 0;
    /* The kernel's way of saying that it knows nothing of the host is an error. */
    if (!netlink_ask(fd, &request.header, &answer))
        return netlink_error(&answer) == ESRCH ? COOKIE_NONE : COOKIE_UNKNOWN;
    const void *cookie =
        netlink_attribute(&answer, GENL_HDRLEN, TCP_METRICS_ATTR_FOPEN_COOKIE, 1, &length);
    if (!cookie)
        return COOKIE_NONE;
    *number = hash_bytes(cookie, length);
    return COOKIE_CACHED;
}

static enum cookie look_up(const struct sockaddr *address, uint64_t netns, uint32_t *number)
{
    int fd = netlink_open(NETLINK_GENERIC, netns);
    *number = 0;
    enum cookie cookie = fd >= 0 ? ask(fd, address, number) : COOKIE_UNKNOWN;
    if (fd >= 0)
        netlink_close(fd);
    return cookie;
}

enum cookie cookie_cached(const struct sockaddr *address, uint64_t netns)
{
    uint32_t number;
    return look_up(address, netns, &number);
}

uint32_t cookie_number(const struct sockaddr *address, uint64_t netns)
{
    uint32_t number;
    look_up(address, netns, &number);
    return number;
}
