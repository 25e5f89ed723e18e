/* SPDX-License-Identifier: MIT */
#include "kernel/listening.h"

#include "kernel/netlink.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

struct question {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
};

/* With no peer named, the kernel looks for whom a SYN would find. */
static struct question ask_for(const struct sockaddr *address)
{
    struct question question = {
        .header = {.nlmsg_len = sizeof question,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST},
        .request = {.sdiag_family = (uint8_t)address->sa_family,
                    .sdiag_protocol = IPPROTO_TCP,
                    .idiag_states = 1U << TCP_LISTEN,
                    .id = {.idiag_sport = ((const struct sockaddr_in *)address)->sin_port,
                           .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
    };
    if (address->sa_family == AF_INET)
        memcpy(question.request.id.idiag_src, &((const struct sockaddr_in *)address)->sin_addr,
               sizeof(struct in_addr));
    else
        memcpy(question.request.id.idiag_src, &((const struct sockaddr_in6 *)address)->sin6_addr,
               sizeof(struct in6_addr));
    return question;
}

bool somebody_listens(const struct sockaddr *address, uint64_t netns)
{
    int fd = netlink_open(NETLINK_SOCK_DIAG, netns);
    struct question question = ask_for(address);
    struct netlink_answer answer;
    bool found = false;
    if (fd >= 0 && netlink_ask(fd, &question.header, &answer) &&
        answer.length >= NLMSG_LENGTH(sizeof(struct inet_diag_msg))) {
        const struct inet_diag_msg *told =
            (const struct inet_diag_msg *)(answer.bytes + NLMSG_HDRLEN);
        found = told->idiag_state == TCP_LISTEN;
    }
    if (fd >= 0)
        netlink_close(fd);
    return found;
}
