/* SPDX-License-Identifier: MIT */
#include "kernel/netlink.h"

#include "kernel/tcp.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>

int netlink_open(int protocol, uint64_t netns)
{
    int fd = (int)tcp_call(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol, 0, 0, 0);
    /* A thread may have gone to another namespace than its socket's (setns). */
    if (fd >= 0 && tcp_netns_cookie(fd) != netns) {
        netlink_close(fd);
        return -1;
    }
    return fd;
}

void netlink_close(int fd)
{
    tcp_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

bool netlink_ask(int fd, const struct nlmsghdr *question, struct netlink_answer *answer)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    answer->length = 0;
    if (tcp_call(SYS_sendto, fd, (long)question, question->nlmsg_len, MSG_DONTWAIT, (long)&kernel,
                 sizeof kernel) < 0)
        return false;
    long length =
        tcp_call(SYS_recvfrom, fd, (long)answer->bytes, sizeof answer->bytes, MSG_DONTWAIT, 0, 0);
    answer->length = length > 0 ? (size_t)length : 0;
    const struct nlmsghdr *header = (const struct nlmsghdr *)answer->bytes;
    return answer->length >= sizeof *header && header->nlmsg_type != NLMSG_ERROR;
}

const void *netlink_attribute(const struct netlink_answer *answer, size_t family_header,
                              uint16_t type, size_t least, size_t *length)
{
    size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(family_header);
    while (at + NLA_HDRLEN <= answer->length) {
        struct nlattr found;
        memcpy(&found, answer->bytes + at, sizeof found);
        if (found.nla_len < NLA_HDRLEN || found.nla_len > answer->length - at)
            break;
        if ((found.nla_type & NLA_TYPE_MASK) == type && found.nla_len >= NLA_HDRLEN + least) {
            *length = found.nla_len - (size_t)NLA_HDRLEN;
            return answer->bytes + at + NLA_HDRLEN;
        }
        at += NLA_ALIGN(found.nla_len);
    }
    return NULL;
}

int netlink_error(const struct netlink_answer *answer)
{
    struct nlmsgerr told = {.error = 0};
    if (answer->length >= NLMSG_HDRLEN + sizeof told.error)
        memcpy(&told.error, answer->bytes + NLMSG_HDRLEN, sizeof told.error);
    /* The kernel's are small and below zero; of the least number there is no negative. */
    return told.error > INT_MIN ? -told.error : EPROTO;
}
