/* SPDX-License-Identifier: MIT */
#include "kernel/interface.h"

#include "kernel/address.h"
#include "kernel/netlink.h"
#include "kernel/tcp.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#ifndef RTM_F_FIB_MATCH
#define RTM_F_FIB_MATCH 0x2000 /* Linux 4.13 */
#endif

/* ---- a route ---- */

struct question {
    struct nlmsghdr header;
    struct rtmsg route;
    unsigned char attributes[2 * RTA_SPACE(16)];
};

static void add_address(struct question *question, uint16_t type, const uint8_t address[16])
{
    const size_t size = address_is_ipv4(address) ? 4 : 16;
    struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type};
    unsigned char *at = (unsigned char *)question + question->header.nlmsg_len;
    memcpy(at, &attribute, sizeof attribute);
    memcpy(at + RTA_LENGTH(0), address + 16 - size, size);
    question->header.nlmsg_len += (uint32_t)RTA_SPACE(size);
}

static struct question ask_for(const uint8_t to[16], const uint8_t *from, unsigned flags)
{
    const bool four = address_is_ipv4(to);
    struct question question = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof question.route),
                   .nlmsg_type = RTM_GETROUTE,
                   .nlmsg_flags = NLM_F_REQUEST},
        .route = {.rtm_family = four ? AF_INET : AF_INET6,
                  .rtm_dst_len = four ? 32 : 128,
                  .rtm_src_len = !from  ? 0
                                 : four ? 32
                                        : 128,
                  .rtm_flags = flags},
    };
    add_address(&question, RTA_DST, to);
    if (from)
        add_address(&question, RTA_SRC, from);
    return question;
}

/* The number of the interface; 0: none is named. */
static uint32_t leaves_by(const struct netlink_answer *answer)
{
    uint32_t index = 0;
    size_t length;
    const void *value =
        netlink_attribute(answer, sizeof(struct rtmsg), RTA_OIF, sizeof index, &length);
    if (value)
        memcpy(&index, value, sizeof index);
    return index;
}

static bool is_no_route(int error)
{
    return error == ENETUNREACH || error == EHOSTUNREACH || error == EACCES || error == EINVAL;
}

/* Of whatever type, unless that is given. */
static enum interface route(int netlink, const struct question *question, unsigned char type,
                            uint32_t *index)
{
    struct netlink_answer answer;
    struct rtmsg found;
    if (!netlink_ask(netlink, &question->header, &answer))
        return is_no_route(netlink_error(&answer)) ? INTERFACE_NONE : INTERFACE_UNKNOWN;
    if (answer.length < NLMSG_LENGTH(sizeof found))
        return INTERFACE_UNKNOWN;
    memcpy(&found, answer.bytes + NLMSG_HDRLEN, sizeof found);
    *index = leaves_by(&answer);
    return *index && (type == RTN_UNSPEC || found.rtm_type == type) ? INTERFACE_KNOWN
                                                                    : INTERFACE_NONE;
}

static enum interface name_of(int fd, uint32_t index, char name[IF_NAMESIZE])
{
    struct ifreq request = {.ifr_ifindex = (int)index};
    if (tcp_call(SYS_ioctl, fd, SIOCGIFNAME, (long)&request, 0, 0, 0) != 0)
        return INTERFACE_UNKNOWN;
    memcpy(name, request.ifr_name, IF_NAMESIZE);
    name[IF_NAMESIZE - 1] = '\0';
    return INTERFACE_KNOWN;
}

static enum interface by_route(int fd, const struct question *question, unsigned char type,
                               char name[IF_NAMESIZE])
{
    uint32_t index = 0;
    int netlink = netlink_open(NETLINK_ROUTE, tcp_netns_cookie(fd));
    enum interface found = netlink < 0 ? INTERFACE_UNKNOWN : route(netlink, question, type, &index);
    if (netlink >= 0)
        netlink_close(netlink);
    return found == INTERFACE_KNOWN ? name_of(fd, index, name) : found;
}

/* ---- a socket ---- */

/* SO_BINDTODEVICE. */
static enum interface bound_to(int fd, char name[IF_NAMESIZE])
{
    socklen_t length = IF_NAMESIZE;
    if (tcp_call(SYS_getsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, (long)name, (long)&length, 0) !=
        0)
        return INTERFACE_UNKNOWN;
    name[IF_NAMESIZE - 1] = '\0';
    return length > 0 && name[0] != '\0' ? INTERFACE_KNOWN : INTERFACE_NONE;
}

/* Has the socket an address of its own already, of the family that it connects to? */
static bool is_from(int fd, bool four, uint8_t from[16])
{
    struct sockaddr_storage local = {.ss_family = AF_UNSPEC};
    socklen_t length;
    memset(from, 0, 16);
    if (!tcp_local_address(fd, &local, &length))
        return false;
    if (local.ss_family == AF_INET) {
        memset(from + 10, 0xff, 2);
        memcpy(from + 12, &((struct sockaddr_in *)&local)->sin_addr, 4);
    } else if (local.ss_family == AF_INET6) {
        memcpy(from, &((struct sockaddr_in6 *)&local)->sin6_addr, 16);
    }
    return address_is_ipv4(from) == four && !address_is_any(from);
}

enum interface interface_leaving(int fd, const uint8_t to[16], char name[IF_NAMESIZE])
{
    enum interface found = bound_to(fd, name);
    if (found != INTERFACE_NONE)
        return found;
    uint8_t from[16];
    struct question question = ask_for(to, is_from(fd, address_is_ipv4(to), from) ? from : NULL, 0);
    return by_route(fd, &question, RTN_UNSPEC, name);
}

/* The route that a packet to one's own address takes is the loopback's; the entry that it is found
 * by names the interface that has the address. */
enum interface interface_listening(int fd, const uint8_t at[16], char name[IF_NAMESIZE])
{
    enum interface found = bound_to(fd, name);
    if (found != INTERFACE_NONE || address_is_any(at))
        return found;
    struct question question = ask_for(at, NULL, RTM_F_FIB_MATCH);
    return by_route(fd, &question, RTN_LOCAL, name);
}
