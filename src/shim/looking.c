/* SPDX-License-Identifier: MIT */
#include "shim/looking.h"

#include "kernel/tcp.h"
#include "shim/listener.h"
#include "shim/machine.h"
#include "shim/own.h"
#include "shim/program_memory.h"
#include "shim/story.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

/* musl has each number once, for its only time_t. */
#ifndef SO_TIMESTAMPING_OLD
#define SO_TIMESTAMPING_OLD SO_TIMESTAMPING
#define SO_TIMESTAMPING_NEW SO_TIMESTAMPING
#define SO_SNDTIMEO_OLD SO_SNDTIMEO
#define SO_SNDTIMEO_NEW SO_SNDTIMEO
#define SO_RCVTIMEO_OLD SO_RCVTIMEO
#define SO_RCVTIMEO_NEW SO_RCVTIMEO
#endif

#define LOOKS "this call needs an established connection"

static bool find_pending(int fd, struct record *record)
{
    return machine_knows(fd) && machine_find(fd, record) && record_is_pending(record);
}

/* While the handshake is not over the kernel says ENOTCONN; to whom the connect is in progress that
 * is right. */
int looking_peer(get_name_fn *next, int fd, struct sockaddr *address, socklen_t *length)
{
    struct record record;
    int saved = errno;
    int result = next(fd, address, length);
    if (result == 0 || errno != ENOTCONN || !find_pending(fd, &record) ||
        record.tag.state == RECORD_FAILED || !record_told_connected(&record))
        return result;
    /* Asked again: it may have been connected this very moment. */
    if (record.tag.state == RECORD_OPENING && machine_is_over(&record))
        return next(fd, address, length);
    socklen_t full = record_address_length(&record);
    if (!program_memory_readable(length, sizeof *length) ||
        !program_memory_readable(address, *length < full ? *length : full)) {
        errno = EFAULT;
        return -1;
    }
    memcpy(address, &record.address, *length < full ? *length : full);
    *length = full;
    errno = saved;
    return 0;
}

static bool find_guarded(int fd, struct record *record)
{
    return machine_knows(fd) && machine_find(fd, record) && !machine_is_proved(record);
}

static void start_by_shim(struct record *record)
{
    if (record->tag.state == RECORD_DEFERRED && (record->tag.flags & RECORD_BY_SHIM)) {
        story_because(LOOKS);
        machine_start(record);
    }
}

void looking_before(int fd)
{
    struct record record;
    if (find_pending(fd, &record))
        start_by_shim(&record);
}

/* Until the first write a socket that the shim has deferred has no local address. */
int looking_name(get_name_fn *next, int fd, struct sockaddr *address, socklen_t *length)
{
    struct record record;
    if (find_pending(fd, &record)) {
        start_by_shim(&record);
        machine_named(&record);
    }
    return next(fd, address, length);
}

static bool is_segment_size(int level, int name)
{
    return level == IPPROTO_TCP && name == TCP_MAXSEG;
}

/* What these say, or do, is true of a connection that stands. */
static bool needs_connection(int level, int name)
{
    if (level == SOL_SOCKET) /* the kernel makes its buffers when the handshake is over */
        return name == SO_SNDBUF || name == SO_RCVBUF;
    return level == IPPROTO_TCP && (name == TCP_INFO || name == TCP_ULP || name == TCP_CC_INFO ||
                                    name == TCP_REPAIR || name == TCP_MD5SIG || name == TCP_MAXSEG);
}

/* The kernel stamps no bytes that leave in a SYN. Programs with 64-bit times on 32-bit machines
 * have a name of their own for it. */
static bool asks_for_stamps(int level, int name)
{
    return level == SOL_SOCKET && (name == SO_TIMESTAMPING_OLD || name == SO_TIMESTAMPING_NEW);
}

/* What a segment may hold the kernel reckons when the SYN leaves; the rest is as it was while a
 * connect is in progress. */
static void settle_for_look(int fd, int level, int name)
{
    struct record record;
    bool opens = is_segment_size(level, name) || asks_for_stamps(level, name);
    if (find_pending(fd, &record) && (opens || record_told_connected(&record))) {
        story_because(LOOKS);
        machine_before(&record, CALL_LOOKS);
    }
}

/* Where a program has its numbers need not be aligned. */
static int number_at(const void *place)
{
    int number;
    memcpy(&number, place, sizeof number);
    return number;
}

static void put_number(void *place, int number)
{
    memcpy(place, &number, sizeof number);
}

/* SO_ERROR is how a program asks whether its non-blocking connect has succeeded. */
static int get_socket_error(get_option_fn *next, int fd, void *value, socklen_t *length)
{
    struct record record;
    bool found = machine_look(fd, &record);
    /* It may be connected anew, before the kernel hands out why. */
    if (found && record.tag.state == RECORD_OPENING && machine_find(fd, &record) &&
        machine_is_over(&record))
        found = machine_look(fd, &record);
    int failed = found && record.tag.state == RECORD_FAILED && machine_find(fd, &record)
                     ? machine_take_error(&record)
                     : 0;
    int result = next(fd, SOL_SOCKET, SO_ERROR, value, length);
    if (result != 0 || *length != sizeof(int) || !found)
        return result;
    int error = number_at(value);
    if (failed)
        put_number(value, failed);
    else if (error && machine_find(fd, &record)) {
        put_number(value, machine_error(&record, error));
        machine_refused(&record, error);
    } else if (!error && record.tag.state == RECORD_CONTACT && machine_find(fd, &record))
        machine_is_over(&record);
    else if (!error && record_is_pending(&record))
        machine_tell(&record);
    return result;
}

int looking_option(get_option_fn *next, int fd, int level, int name, void *value, socklen_t *length)
{
    if (machine_knows(fd) && level == SOL_SOCKET && name == SO_ERROR)
        return get_socket_error(next, fd, value, length);
    if (machine_knows(fd) && needs_connection(level, name))
        settle_for_look(fd, level, name);
    int result = next(fd, level, name, value, length);
    struct record record;
    if (result == 0 && level == SOL_SOCKET && name == SO_RCVLOWAT && *length == sizeof(int) &&
        find_guarded(fd, &record))
        put_number(value, (int)record.epoll_data);
    if (result == 0 && level == IPPROTO_TCP && name == TCP_FASTOPEN && *length == sizeof(int) &&
        listener_is_bound_by_us(fd))
        put_number(value, 0); /* a program that finds another's setting may clear it */
    return result;
}

/* Programs with 64-bit times on 32-bit machines have names of their own for them. */
static bool limits_time(int level, int name)
{
    return level == SOL_SOCKET && (name == SO_SNDTIMEO_OLD || name == SO_SNDTIMEO_NEW ||
                                   name == SO_RCVTIMEO_OLD || name == SO_RCVTIMEO_NEW);
}

/* A limit for what is unacknowledged is for data, and would end a handshake whose SYN was lost.
 * Four SYNs leave in the longest time that is looked at. */
static bool limits_handshake(const struct record *record, int level, int name, const void *value,
                             socklen_t length)
{
    unsigned limit;
    if (!(record->tag.flags & RECORD_BLOCKING) || level != IPPROTO_TCP ||
        name != TCP_USER_TIMEOUT || length < sizeof limit ||
        !program_memory_readable(value, sizeof limit))
        return false;
    memcpy(&limit, value, sizeof limit);
    return limit > 0 && limit < MACHINE_END_MS;
}

static void before_setting(int fd, int level, int name, const void *value, socklen_t length)
{
    struct record record;
    if (!find_pending(fd, &record))
        return;
    if (is_segment_size(level, name)) /* it bounds what a SYN takes */
        machine_start(&record);
    else if ((level == IPPROTO_TCP && needs_connection(level, name)) ||
             asks_for_stamps(level, name) || limits_handshake(&record, level, name, value, length))
        settle_for_look(fd, level, name);
}

/* What hides the bytes of a guarded connection stays until its client is proved. */
static bool set_least_to_read(int fd, const void *value, socklen_t length)
{
    struct record record;
    if (length < sizeof(int) || !find_guarded(fd, &record) ||
        !program_memory_readable(value, sizeof(int)))
        return false;
    machine_set_least_to_read(&record, number_at(value));
    return true;
}

int looking_set_option(set_option_fn *next, int fd, int level, int name, const void *value,
                       socklen_t length)
{
    /* Whoever wants to know when packets leave is told so of a plain connection; and what a segment
     * is to hold at most, the kernel does not tell before it has sent one. */
    if (asks_for_stamps(level, name) || is_segment_size(level, name))
        own_remove(fd);
    if (limits_time(level, name))
        own_note(OWN_LIMITED);
    if (machine_knows(fd))
        before_setting(fd, level, name, value, length);
    if (level == SOL_SOCKET && name == SO_RCVLOWAT && set_least_to_read(fd, value, length))
        return 0;
    int result = next(fd, level, name, value, length);
    if (result == 0 && level == IPPROTO_TCP &&
        (name == TCP_FASTOPEN || name == TCP_FASTOPEN_CONNECT))
        listener_stand_aside(fd);
    else if (result == 0 && level == IPPROTO_TCP && name == TCP_FASTOPEN_KEY)
        listener_own_keys(fd);
    return result;
}

/* A connection that came out of a listener with data in its SYN says, until its handshake is over,
 * that nothing is to be read and that nothing is under way. */
static void correct_count(int fd, unsigned request, void *count)
{
    if (number_at(count) != 0 || !listener_any() || tcp_state(fd) != TCP_SYN_RECV)
        return;
    long counted = request == FIONREAD ? tcp_peek(fd) : (long)tcp_unsent(fd, request == SIOCOUTQ);
    if (counted > 0)
        put_number(count, (int)counted);
}

int looking_control(control_fn *next, int fd, unsigned long request, void *argument)
{
    struct record record;
    unsigned asked = (unsigned)request; /* so much of it the kernel takes */
    bool asks_output = asked == SIOCOUTQ || asked == SIOCOUTQNSD;
    story_because(LOOKS);
    if (asks_output && find_pending(fd, &record) && (record.tag.flags & RECORD_BLOCKING))
        machine_before(&record, CALL_LOOKS);
    if (asked == FIOASYNC && find_pending(fd, &record))
        machine_start(&record);
    int result = next(fd, request, argument);
    if (result == 0 && asked == FIONREAD && find_guarded(fd, &record))
        put_number(argument, 0);
    else if (result == 0 && (asks_output || asked == FIONREAD))
        correct_count(fd, asked, argument);
    return result;
}
