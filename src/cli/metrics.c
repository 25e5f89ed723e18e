/* SPDX-License-Identifier: MIT */
#include "cli/metrics.h"
#include "cli/util.h"
#include "kernel/address.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/tcp_metrics.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct channel {
    struct mnl_socket *socket;
    unsigned sequence;
    char *buffer; /* of MNL_SOCKET_BUFFER_SIZE */
};

static struct nlmsghdr *begin(struct channel *channel, uint16_t type, uint8_t command,
                              uint16_t flags)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(channel->buffer);
    struct genlmsghdr *generic;

    message->nlmsg_type = type;
    message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    message->nlmsg_seq = ++channel->sequence;
    generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));
    generic->cmd = command;
    generic->version = 1;
    return message;
}

/* Does every message end within the answer? libmnl 1.0.4 takes lengths for signed numbers. */
static bool is_whole(const char *answer, size_t length)
{
    while (length >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr header;
        size_t next;

        memcpy(&header, answer, sizeof(header));
        if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > length)
            return false;
        next = NLMSG_ALIGN(header.nlmsg_len);
        if (next >= length)
            return true;
        answer += next;
        length -= next;
    }
    return true;
}

/* Sends the message in the buffer and has `callback` called for each answer; false: see errno. */
static bool exchange(struct channel *channel, const struct nlmsghdr *message, mnl_cb_t callback,
                     void *context)
{
    const unsigned port = mnl_socket_get_portid(channel->socket);
    int more = MNL_CB_OK;

    if (mnl_socket_sendto(channel->socket, message, message->nlmsg_len) < 0)
        return false;
    while (more == MNL_CB_OK) {
        ssize_t length =
            mnl_socket_recvfrom(channel->socket, channel->buffer, (size_t)MNL_SOCKET_BUFFER_SIZE);

        if (length < 0)
            return false;
        if (!is_whole(channel->buffer, (size_t)length)) {
            errno = EBADMSG;
            return false;
        }
        more =
            mnl_cb_run(channel->buffer, (size_t)length, channel->sequence, port, callback, context);
    }
    return more == MNL_CB_STOP;
}

static int read_family(const struct nlmsghdr *message, void *context)
{
    uint16_t *family = context;
    const struct nlattr *attribute;

    mnl_attr_for_each(attribute, message, sizeof(struct genlmsghdr))
    {
        if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID &&
            mnl_attr_validate(attribute, MNL_TYPE_U16) >= 0)
            *family = mnl_attr_get_u16(attribute);
    }
    return MNL_CB_OK;
}

/* The number that generic netlink has given to "tcp_metrics"; 0: see errno. */
static uint16_t find_family(struct channel *channel)
{
    struct nlmsghdr *message = begin(channel, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
    uint16_t family = 0;

    mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, TCP_METRICS_GENL_NAME);
    return exchange(channel, message, read_family, &family) ? family : 0;
}

static void read_ipv4(uint8_t address[16], const struct nlattr *attribute)
{
    if (mnl_attr_get_payload_len(attribute) != 4)
        return;
    memset(address, 0, 10);
    memset(address + 10, 0xff, 2);
    memcpy(address + 12, mnl_attr_get_payload(attribute), 4);
}

static void read_ipv6(uint8_t address[16], const struct nlattr *attribute)
{
    if (mnl_attr_get_payload_len(attribute) == 16)
        memcpy(address, mnl_attr_get_payload(attribute), 16);
}

static void read_cookie(struct metrics *metrics, const struct nlattr *attribute)
{
    const uint16_t length = mnl_attr_get_payload_len(attribute);

    if (length > sizeof(metrics->cookie))
        return;
    memcpy(metrics->cookie, mnl_attr_get_payload(attribute), length);
    metrics->cookie_length = (uint8_t)length;
}

static uint64_t number(const struct nlattr *attribute)
{
    return mnl_attr_validate(attribute, MNL_TYPE_U64) < 0 ? 0 : mnl_attr_get_u64(attribute);
}

static uint16_t short_number(const struct nlattr *attribute)
{
    return mnl_attr_validate(attribute, MNL_TYPE_U16) < 0 ? 0 : mnl_attr_get_u16(attribute);
}

static void read_attribute(struct metrics *metrics, const struct nlattr *attribute)
{
    switch (mnl_attr_get_type(attribute)) {
    case TCP_METRICS_ATTR_ADDR_IPV4:
        read_ipv4(metrics->address, attribute);
        break;
    case TCP_METRICS_ATTR_ADDR_IPV6:
        read_ipv6(metrics->address, attribute);
        break;
    case TCP_METRICS_ATTR_SADDR_IPV4:
        read_ipv4(metrics->source, attribute);
        break;
    case TCP_METRICS_ATTR_SADDR_IPV6:
        read_ipv6(metrics->source, attribute);
        break;
    case TCP_METRICS_ATTR_AGE:
        metrics->age_ms = number(attribute);
        break;
    case TCP_METRICS_ATTR_FOPEN_MSS:
        metrics->mss = short_number(attribute);
        break;
    case TCP_METRICS_ATTR_FOPEN_SYN_DROPS:
        metrics->syn_drops = short_number(attribute);
        break;
    case TCP_METRICS_ATTR_FOPEN_SYN_DROP_TS:
        metrics->drop_age_ms = number(attribute);
        break;
    case TCP_METRICS_ATTR_FOPEN_COOKIE:
        read_cookie(metrics, attribute);
        break;
    default:
        break;
    }
}

struct visitor {
    metrics_visit *visit;
    void *context;
};

static int read_entry(const struct nlmsghdr *message, void *context)
{
    const struct visitor *visitor = context;
    const struct nlattr *attribute;
    struct metrics metrics = {.cookie_length = 0};

    mnl_attr_for_each(attribute, message, sizeof(struct genlmsghdr))
    {
        read_attribute(&metrics, attribute);
    }
    visitor->visit(visitor->context, &metrics);
    return MNL_CB_OK;
}

static bool ask(struct channel *channel, metrics_visit *visit, void *context)
{
    const uint16_t family = find_family(channel);
    struct visitor visitor = {visit, context};

    return family != 0 && exchange(channel, begin(channel, family, TCP_METRICS_CMD_GET, NLM_F_DUMP),
                                   read_entry, &visitor);
}

static bool forget(struct channel *channel, const uint8_t address[16])
{
    const uint16_t family = find_family(channel);
    struct nlmsghdr *message;

    if (family == 0)
        return false;
    message = begin(channel, family, TCP_METRICS_CMD_DEL, NLM_F_ACK);
    if (address != NULL && address_is_ipv4(address))
        mnl_attr_put(message, TCP_METRICS_ATTR_ADDR_IPV4, 4, address + 12);
    else if (address != NULL)
        mnl_attr_put(message, TCP_METRICS_ATTR_ADDR_IPV6, 16, address);
    /* ESRCH: there was nothing to forget. */
    return exchange(channel, message, NULL, NULL) || errno == ESRCH;
}

static bool open_channel(struct channel *channel)
{
    channel->sequence = 0;
    channel->buffer = need_memory(malloc((size_t)MNL_SOCKET_BUFFER_SIZE));
    channel->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
    return channel->socket != NULL && mnl_socket_bind(channel->socket, 0, MNL_SOCKET_AUTOPID) == 0;
}

static void close_channel(struct channel *channel)
{
    if (channel->socket != NULL)
        mnl_socket_close(channel->socket);
    free(channel->buffer);
}

bool metrics_each(metrics_visit *visit, void *context)
{
    struct channel channel;
    bool done = open_channel(&channel) && ask(&channel, visit, context);

    if (!done)
        complain_errno("cannot read the kernel's tcp_metrics");
    close_channel(&channel);
    return done;
}

bool metrics_forget(const uint8_t address[16])
{
    struct channel channel;
    bool done = open_channel(&channel) && forget(&channel, address);

    if (!done)
        complain_errno("cannot make the kernel forget");
    close_channel(&channel);
    return done;
}
