/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "middlebox.h"
#include "pcap.h"

static int opposite(int side)
{
    return side == LEFT ? RIGHT : LEFT;
}

static void send_to(struct link *link, int side, int64_t when, const unsigned char *data,
                    size_t length)
{
    if (!queue_add(&link->side[side].queue, when + link->settings.delay_ns, data, length))
        link->lost++;
}

/* Loss is drawn for what programs send, not for the kernel's housekeeping, whose timing varies. */
static bool loses(struct link *link, int side, int protocol)
{
    if (link->settings.cut)
        return true;
    if (protocol == IPPROTO_TCP && link->settings.lose[side]) {
        link->settings.lose[side]--;
        return true;
    }
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
        return false;
    return is_lost(&link->settings, side, link->side[side].drawn++);
}

static void forward(struct link *link, int side, int64_t when, unsigned char *data, size_t length)
{
    struct segment segment;
    enum verdict verdict = PASS;

    if (loses(link, side, packet_protocol(data, length))) {
        link->lost++;
        return;
    }
    if (segment_parse(&segment, data, length))
        verdict = middlebox(&link->settings, &segment, &length);
    if (verdict == PASS)
        send_to(link, opposite(side), when, data, length);
    else
        link->dropped++;
    if (verdict == RESET) {
        unsigned char reset[RESET_MAX];

        send_to(link, side, when, reset, segment_reset(&segment, reset));
    }
}

void link_take(struct link *link, int side)
{
    unsigned char data[PACKET_MAX];
    ssize_t length;

    while ((length = read(link->side[side].tun, data, sizeof(data))) > 0) {
        int64_t when = now_ns();

        link->side[side].taken++;
        /* Before anything happens to it: this is what its sender's host sees. */
        pcap_write(link->side[side].pcap, when, data, (size_t)length);
        forward(link, side, when, data, (size_t)length);
    }
    /* EIO: the device is down. */
    if (length < 0 && errno != EAGAIN && errno != EINTR && errno != EIO)
        err(1, "cannot read from the TUN device");
}

static void deliver(struct link *link, int side)
{
    struct packet *packet = queue_take(&link->side[side].queue);

    /* First the file, then the host: its answer must come later in the file. */
    pcap_write(link->side[side].pcap, now_ns(), packet->data, packet->length);
    /* A device that is down or has no room loses the packet, as hardware would. */
    if (write(link->side[side].tun, packet->data, packet->length) < 0)
        link->lost++;
    free(packet);
}

int64_t link_deliver(struct link *link)
{
    int64_t soonest = -1;

    for (int side = 0; side < SIDES; side++) {
        const struct queue *queue = &link->side[side].queue;
        int64_t left = -1;

        while (queue->first && (left = queue->first->due - now_ns()) <= 0)
            deliver(link, side);
        if (queue->first && (soonest < 0 || left < soonest))
            soonest = left;
    }
    return soonest;
}

void link_clear(struct link *link)
{
    for (int side = 0; side < SIDES; side++) {
        link->lost += link->side[side].queue.count;
        queue_clear(&link->side[side].queue);
    }
}
