/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "draw.h"
#include "icmp.h"
#include "middlebox.h"
#include "nat.h"
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

static void send_late(struct link *link, int side, int64_t when, const unsigned char *data,
                      size_t length)
{
    if (!queue_insert(&link->side[side].late, when + link->settings.delay_ns, data, length))
        link->lost++;
}

/* What programs send, as against the kernel's housekeeping, whose timing varies. */
static bool is_payload(int protocol)
{
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* A timed cut takes effect at the first look after its time has come: nothing happens in between.
 */
static bool is_cut(struct link *link, int64_t now)
{
    struct timed_cut *cut = &link->cut;
    if (cut->end && now >= cut->begin && !cut->begun) {
        link_clear(link);
        cut->begun = true;
    }
    if (now >= cut->end)
        *cut = (struct timed_cut){0};
    return link->settings.cut || cut->begun;
}

static void begin_cut(struct link *link, int64_t when)
{
    const struct settings *settings = &link->settings;
    if (!settings->cut_syn || is_cut(link, when) || link->cut.end)
        return;
    link->settings.cut_syn--;
    link->cut.begin = when + settings->cut_after_ns;
    link->cut.end = link->cut.begin + settings->cut_for_ns;
}

static bool loses(struct link *link, int side, int64_t when, int protocol)
{
    if (is_cut(link, when))
        return true;
    if (protocol == IPPROTO_TCP && link->settings.lose[side]) {
        if (!link->settings.spare[side]) {
            link->settings.lose[side]--;
            return true;
        }
        link->settings.spare[side]--;
    }
    return is_payload(protocol) && is_lost(&link->settings, side, link->side[side].drawn++);
}

/* Errors are not answered with errors: only what programs send is too long. */
static bool is_too_long(const struct link *link, int protocol, size_t length)
{
    return link->settings.mtu && length > link->settings.mtu && is_payload(protocol);
}

static void drop_too_long(struct link *link, int side, int64_t when, const unsigned char *data,
                          size_t length)
{
    unsigned char answer[ICMP_MAX];
    link->dropped++;
    if (link->settings.mtu_silent)
        return;
    length = icmp_too_big(data, length, link->settings.mtu, answer);
    send_to(link, side, when, answer, length);
}

static void pass(struct link *link, int side, int64_t when, const unsigned char *data,
                 size_t length, bool repeated)
{
    const struct settings *settings = &link->settings;
    bool late = is_payload(packet_protocol(data, length)) &&
                is_late(settings, side, link->side[side].passed++);
    if (late)
        send_late(link, opposite(side), when + settings->reorder_by_ns, data, length);
    else
        send_to(link, opposite(side), when, data, length);
    if (repeated)
        send_late(link, opposite(side), when + settings->repeat_after_ns, data, length);
}

static void pass_segment(struct link *link, int side, int64_t when, struct segment *segment,
                         size_t length)
{
    unsigned char reset[RESET_MAX];
    enum verdict verdict = middlebox(&link->settings, side, segment, &length);
    if (verdict == PASS) {
        if (link->settings.nat)
            nat_translate(&link->settings, side, segment);
        pass(link, side, when, segment->ip, length,
             link->settings.repeat_syn && segment_is_opening(segment));
        return;
    }
    link->dropped++;
    if (verdict == RESET)
        send_to(link, side, when, reset, segment_reset(segment, reset));
}

static void forward(struct link *link, int side, int64_t when, unsigned char *data, size_t length)
{
    struct segment segment;
    int protocol = packet_protocol(data, length);
    bool is_segment = segment_parse(&segment, data, length);
    if (is_segment && segment_is_opening(&segment))
        begin_cut(link, when);
    if (loses(link, side, when, protocol))
        link->lost++;
    else if (is_too_long(link, protocol, length))
        drop_too_long(link, side, when, data, length);
    else if (is_segment)
        pass_segment(link, side, when, &segment, length);
    else
        pass(link, side, when, data, length, false);
}

void link_take(struct link *link, int side)
{
    unsigned char data[PACKET_MAX];
    ssize_t length;
    while ((length = read(link->side[side].tun, data, sizeof data)) > 0) {
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

static void deliver(struct link *link, int side, struct queue *queue)
{
    struct packet *packet = queue_take(queue);
    /* First the file, then the host: its answer must come later in the file. */
    pcap_write(link->side[side].pcap, now_ns(), packet->data, packet->length);
    /* A device that is down or has no room loses the packet, as hardware would. */
    if (write(link->side[side].tun, packet->data, packet->length) < 0)
        link->lost++;
    free(packet);
}

/* The one whose first packet is due first. */
static struct queue *next_queue(struct side *side)
{
    const struct packet *first = side->queue.first;
    const struct packet *late = side->late.first;
    return late && (!first || late->due < first->due) ? &side->late : &side->queue;
}

int64_t link_deliver(struct link *link)
{
    int64_t soonest = -1;
    is_cut(link, now_ns());
    for (int side = 0; side < SIDES; side++) {
        struct queue *queue;
        int64_t left = -1;
        while ((queue = next_queue(&link->side[side]))->first &&
               (left = queue->first->due - now_ns()) <= 0)
            deliver(link, side, queue);
        if (queue->first && (soonest < 0 || left < soonest))
            soonest = left;
    }
    return soonest;
}

size_t link_under_way(const struct link *link)
{
    size_t count = 0;
    for (int side = 0; side < SIDES; side++)
        count += link->side[side].queue.count + link->side[side].late.count;
    return count;
}

void link_clear(struct link *link)
{
    link->lost += link_under_way(link);
    for (int side = 0; side < SIDES; side++) {
        queue_clear(&link->side[side].queue);
        queue_clear(&link->side[side].late);
    }
}
