/* SPDX-License-Identifier: MIT */
#include "kernel/metrics_request.h"

#include <linux/tcp_metrics.h>
#include <stdatomic.h>
#include <string.h>

static struct metrics_request request_make(uint16_t family, uint8_t command, uint8_t version)
{
    return (struct metrics_request){
        .header = {.nlmsg_type = family,
                   .nlmsg_flags = NLM_F_REQUEST,
                   .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN)},
        .generic = {.cmd = command, .version = version},
    };
}

static void add_attribute(struct metrics_request *request, uint16_t type, const void *value,
                          size_t length)
{
    request->attribute =
        (struct nlattr){.nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + length)};
    memcpy(request->value, value, length);
    request->header.nlmsg_len += (uint32_t)NLA_ALIGN(request->attribute.nla_len);
}

uint16_t metrics_family(int fd)
{
    static _Atomic uint16_t known;
    uint16_t family = atomic_load_explicit(&known, memory_order_relaxed);
    if (family)
        return family;
    struct metrics_request request = request_make(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
    add_attribute(&request, CTRL_ATTR_FAMILY_NAME, TCP_METRICS_GENL_NAME,
                  sizeof TCP_METRICS_GENL_NAME);
    struct netlink_answer answer;
    size_t length;
    const void *value =
        netlink_ask(fd, &request.header, &answer)
            ? netlink_attribute(&answer, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID, sizeof family, &length)
            : NULL;
    if (value)
        memcpy(&family, value, sizeof family);
    atomic_store_explicit(&known, family, memory_order_relaxed);
    return family;
}

struct metrics_request metrics_request(uint16_t family, uint8_t command, const void *address,
                                       size_t length)
{
    struct metrics_request request = request_make(family, command, TCP_METRICS_GENL_VERSION);
    if (address)
        add_attribute(&request,
                      length == 4 ? TCP_METRICS_ATTR_ADDR_IPV4 : TCP_METRICS_ATTR_ADDR_IPV6,
                      address, length);
    return request;
}
