/* SPDX-License-Identifier: MIT */
#include "kernel/cookie.h"

#include "hash/hash.h"
#include "kernel/netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/tcp_metrics.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>

/* The longest attribute that is sent is an IPv6 address or a family's name. */
#define ATTRIBUTE_ROOM 16

struct request {
    struct nlmsghdr header;
    struct genlmsghdr generic;
    struct nlattr attribute;
    unsigned char value[ATTRIBUTE_ROOM];
};

static struct request request_make(uint16_t family, uint8_t command, uint8_t version, uint16_t type,
                                   const void *value, size_t length)
{
    struct request request = {
        .header = {.nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST},
        .generic = {.cmd = command, .version = version},
        .attribute = {.nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + length)},
    };
    request.header.nlmsg_len =
        (uint32_t)(NLMSG_LENGTH(GENL_HDRLEN) + NLA_ALIGN(request.attribute.nla_len));
    memcpy(request.value, value, length);
    return request;
}

static const void *attribute(const struct netlink_answer *answer, uint16_t type, size_t least,
                             size_t *length)
{
    return netlink_attribute(answer, GENL_HDRLEN, type, least, length);
}

/* The number that this kernel has given to the family; 0: it has none. */
static uint16_t metrics_family(int fd)
{
    static _Atomic uint16_t known;
    uint16_t family = atomic_load_explicit(&known, memory_order_relaxed);
    if (family)
        return family;
    struct request request =
        request_make(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, CTRL_ATTR_FAMILY_NAME,
                     TCP_METRICS_GENL_NAME, sizeof TCP_METRICS_GENL_NAME);
    struct netlink_answer answer;
    size_t length;
    const void *value = netlink_ask(fd, &request.header, &answer)
                            ? attribute(&answer, CTRL_ATTR_FAMILY_ID, sizeof family, &length)
                            : NULL;
    if (value)
        memcpy(&family, value, sizeof family);
    atomic_store_explicit(&known, family, memory_order_relaxed);
    return family;
}

static struct request question(uint16_t family, const struct sockaddr *address)
{
    const struct in6_addr *in6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    const void *in = &((const struct sockaddr_in *)address)->sin_addr;
    bool mapped = address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(in6);
    if (address->sa_family == AF_INET6 && !mapped)
        return request_make(family, TCP_METRICS_CMD_GET, TCP_METRICS_GENL_VERSION,
                            TCP_METRICS_ATTR_ADDR_IPV6, in6, sizeof *in6);
    return request_make(family, TCP_METRICS_CMD_GET, TCP_METRICS_GENL_VERSION,
                        TCP_METRICS_ATTR_ADDR_IPV4, mapped ? (const void *)&in6->s6_addr[12] : in,
                        sizeof(struct in_addr));
}

/* `number`: 0, unless there is one. */
static enum cookie ask(int fd, const struct sockaddr *address, uint32_t *number)
{
    uint16_t family = metrics_family(fd);
    if (!family)
        return COOKIE_UNKNOWN;
    struct request request = question(family, address);
    struct netlink_answer answer;
    size_t length = 0;
    /* The kernel's way of saying that it knows nothing of the host is an error. */
    if (!netlink_ask(fd, &request.header, &answer))
        return netlink_error(&answer) == ESRCH ? COOKIE_NONE : COOKIE_UNKNOWN;
    const void *cookie = attribute(&answer, TCP_METRICS_ATTR_FOPEN_COOKIE, 1, &length);
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
