/* SPDX-License-Identifier: MIT */
#include "kernel/metrics.h"

#include "kernel/address.h"
#include "kernel/metrics_request.h"
#include "kernel/netns.h"
#include "kernel/tcp.h"

#include <errno.h>
#include <linux/tcp_metrics.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/* The most that the kernel puts into one datagram of a list (NLMSG_GOODSIZE). */
#define DATAGRAM_ROOM 8192

struct visitor {
    metrics_visit *visit;
    void *context;
};

/* ---- an entry ---- */

static bool read_attribute(const struct netlink_answer *entry, uint16_t type, void *value,
                           size_t size)
{
    size_t length = 0;
    const void *found = netlink_attribute(entry, GENL_HDRLEN, type, size, &length);
    if (!found || length != size)
        return false;
    memcpy(value, found, size);
    return true;
}

static void read_address(const struct netlink_answer *entry, uint16_t four, uint16_t six,
                         uint8_t address[16])
{
    if (!read_attribute(entry, four, address + 12, 4))
        read_attribute(entry, six, address, 16);
    else
        memset(address + 10, 0xff, 2);
}

static void read_cookie(const struct netlink_answer *entry, struct metrics *metrics)
{
    size_t length = 0;
    const void *cookie =
        netlink_attribute(entry, GENL_HDRLEN, TCP_METRICS_ATTR_FOPEN_COOKIE, 1, &length);
    if (!cookie || length > sizeof metrics->cookie)
        return;
    memcpy(metrics->cookie, cookie, length);
    metrics->cookie_length = (uint8_t)length;
}

static void read_entry(const struct netlink_answer *entry, const struct visitor *visitor)
{
    struct metrics metrics = {.cookie_length = 0};
    read_address(entry, TCP_METRICS_ATTR_ADDR_IPV4, TCP_METRICS_ATTR_ADDR_IPV6, metrics.address);
    read_address(entry, TCP_METRICS_ATTR_SADDR_IPV4, TCP_METRICS_ATTR_SADDR_IPV6, metrics.source);
    read_attribute(entry, TCP_METRICS_ATTR_AGE, &metrics.age_ms, sizeof metrics.age_ms);
    read_attribute(entry, TCP_METRICS_ATTR_FOPEN_MSS, &metrics.mss, sizeof metrics.mss);
    read_attribute(entry, TCP_METRICS_ATTR_FOPEN_SYN_DROPS, &metrics.syn_drops,
                   sizeof metrics.syn_drops);
    read_attribute(entry, TCP_METRICS_ATTR_FOPEN_SYN_DROP_TS, &metrics.drop_age_ms,
                   sizeof metrics.drop_age_ms);
    read_cookie(entry, &metrics);
    visitor->visit(visitor->context, &metrics);
}

/* ---- the list ---- */

/* One message: 0, an errno, or -1 where more follow. */
static int read_message(const unsigned char *bytes, size_t length, const struct visitor *visitor)
{
    struct netlink_answer entry = {.length = length};
    struct nlmsghdr header;
    if (length > sizeof entry.bytes)
        return EBADMSG;
    memcpy(entry.bytes, bytes, length);
    memcpy(&header, bytes, sizeof header);
    /* Both end with an errno below zero, or 0. */
    if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE)
        return netlink_error(&entry);
    if (header.nlmsg_type != NLMSG_NOOP)
        read_entry(&entry, visitor);
    return -1;
}

static int read_datagram(const unsigned char *bytes, size_t left, const struct visitor *visitor)
{
    while (left > 0) {
        struct nlmsghdr header = {.nlmsg_len = 0};
        memcpy(&header, bytes, left < sizeof header ? left : sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > left)
            return EBADMSG;
        int end = read_message(bytes, header.nlmsg_len, visitor);
        if (end >= 0)
            return end;
        size_t next = NLMSG_ALIGN((size_t)header.nlmsg_len);
        if (next >= left)
            break;
        bytes += next;
        left -= next;
    }
    return -1;
}

/* The kernel has each part of the list ready before it returns from the call before. */
static int list(int fd, struct metrics_request *request, const struct visitor *visitor)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    unsigned char bytes[DATAGRAM_ROOM];
    request->header.nlmsg_flags |= NLM_F_DUMP;
    long length = tcp_call(SYS_sendto, fd, (long)request, request->header.nlmsg_len, MSG_DONTWAIT,
                           (long)&kernel, sizeof kernel);
    int end = -1;
    while (length >= 0 && end < 0) {
        length = tcp_call(SYS_recvfrom, fd, (long)bytes, sizeof bytes, MSG_DONTWAIT, 0, 0);
        if (length >= 0)
            end = length ? read_datagram(bytes, (size_t)length, visitor) : EBADMSG;
    }
    return length < 0 ? (int)-length : end;
}

/* ---- questions ---- */

/* A socket, and the number of the family; -1 and the errno. */
static int open_family(uint16_t *family, int *error)
{
    int fd = netlink_open(NETLINK_GENERIC, netns_own());
    *family = fd >= 0 ? metrics_family(fd) : 0;
    *error = fd >= 0 ? ENOENT : -fd;
    if (*family)
        return fd;
    if (fd >= 0)
        netlink_close(fd);
    return -1;
}

int metrics_each(metrics_visit *visit, void *context)
{
    const struct visitor visitor = {visit, context};
    uint16_t family;
    int error, fd = open_family(&family, &error);
    if (fd < 0)
        return error;
    struct metrics_request request = metrics_request(family, TCP_METRICS_CMD_GET, NULL, 0);
    error = list(fd, &request, &visitor);
    netlink_close(fd);
    return error;
}

int metrics_forget(const uint8_t address[16])
{
    const size_t length = !address ? 0 : address_is_ipv4(address) ? 4 : 16;
    struct netlink_answer answer;
    uint16_t family;
    int error, fd = open_family(&family, &error);
    if (fd < 0)
        return error;
    struct metrics_request request = metrics_request(
        family, TCP_METRICS_CMD_DEL, address ? address + 16 - length : NULL, length);
    request.header.nlmsg_flags |= NLM_F_ACK;
    if (!netlink_ask(fd, &request.header, &answer))
        error = answer.length > 0 ? netlink_error(&answer) : EIO;
    else
        error = 0;
    netlink_close(fd);
    /* There was nothing to forget. */
    return error == ESRCH ? 0 : error;
}

/* ---- one host ---- */

struct search {
    const uint8_t *address;
    struct metrics *found;
    bool any;
};

/* A host may have several entries, one for each of our own addresses. */
static void look_at(void *context, const struct metrics *metrics)
{
    struct search *search = context;
    if (memcmp(metrics->address, search->address, sizeof metrics->address) != 0 ||
        (search->any && search->found->cookie_length > 0))
        return;
    *search->found = *metrics;
    search->any = true;
}

int metrics_of(const uint8_t address[16], struct metrics *found, bool *any)
{
    struct search search = {.address = address, .found = found};
    int error = metrics_each(look_at, &search);
    *any = search.any;
    return error;
}

void metrics_cookie_text(char text[2 * METRICS_COOKIE_MOST + 1], const struct metrics *metrics)
{
    text[0] = '\0';
    for (unsigned i = 0; i < metrics->cookie_length; i++)
        snprintf(text + (size_t)i * 2, 3, "%02x", metrics->cookie[i]);
}
