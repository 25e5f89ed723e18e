/* SPDX-License-Identifier: MIT */
/* One transfer, by the calls that programs make. Nothing here knows of the shim. */
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LINGER_SECONDS 5

const char *const way_names[WAYS] = {"close", "half-close", "read", "linger",
                                     "reset", "read-reset", "exit", "greeted"};
const char *const stage_names[STAGES] = {"done",     "socket", "connect", "write",
                                         "shutdown", "read",   "close",   "exit"};

struct run {
    const struct transfer *transfer;
    int fd;
    int epoll;
    size_t written;
    struct result result;
};

static bool fail(struct run *run, enum stage stage, int error)
{
    run->result.stage = stage;
    run->result.error = error;
    return false;
}

static bool wait_for(struct run *run, short events)
{
    struct pollfd poll_item = {run->fd, events, 0};
    struct epoll_event item = {.events = (uint32_t)events, .data.fd = run->fd};
    if (!run->transfer->epoll)
        return poll(&poll_item, 1, -1) == 1;
    if (run->epoll < 0) {
        run->epoll = epoll_create1(EPOLL_CLOEXEC);
        epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->fd, &item);
    } else {
        epoll_ctl(run->epoll, EPOLL_CTL_MOD, run->fd, &item);
    }
    return epoll_wait(run->epoll, &item, 1, -1) == 1;
}

/* Was that a call to be made again? Where nothing can be done yet, it waits. */
static bool try_again(struct run *run, short events)
{
    if (errno == EINTR)
        return true;
    return errno == EAGAIN && run->transfer->nonblocking && wait_for(run, events);
}

static bool finish_connect(struct run *run)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (!wait_for(run, POLLOUT))
        return fail(run, STAGE_CONNECT, errno);
    if (getsockopt(run->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    return !error || fail(run, STAGE_CONNECT, error);
}

static bool connect_to(struct run *run)
{
    const struct transfer *transfer = run->transfer;
    if (connect(run->fd, (const struct sockaddr *)&transfer->to.address, transfer->to.length) !=
            0 &&
        !(transfer->nonblocking && errno == EINPROGRESS))
        return fail(run, STAGE_CONNECT, errno);
    return !transfer->nonblocking || finish_connect(run);
}

/* The two ways that programs have: a first write with an address, and a connect that waits for one.
 */
static bool open_natively(struct run *run, const unsigned char *bytes)
{
    const struct transfer *transfer = run->transfer;
    ssize_t sent;
    int on = 1;
    if (transfer->nonblocking) {
        if (setsockopt(run->fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on) != 0)
            return fail(run, STAGE_CONNECT, errno);
        return connect_to(run);
    }
    sent = sendto(run->fd, bytes, transfer->message.length, MSG_FASTOPEN,
                  (const struct sockaddr *)&transfer->to.address, transfer->to.length);
    if (sent < 0)
        return fail(run, STAGE_CONNECT, errno);
    run->written = (size_t)sent;
    return true;
}

static bool read_greeting(struct run *run)
{
    const char expected[] = GREETING;
    char bytes[sizeof expected - 1] = {0};
    size_t got = 0;
    while (got < sizeof bytes) {
        ssize_t more = recv(run->fd, bytes + got, sizeof bytes - got, 0);
        if (more > 0)
            got += (size_t)more;
        else if (more == 0 || !try_again(run, POLLIN))
            return fail(run, STAGE_READ, more == 0 ? ENODATA : errno);
    }
    if (memcmp(bytes, expected, sizeof bytes) != 0)
        run->result.wrong += sizeof bytes;
    return true;
}

static bool open_connection(struct run *run, const unsigned char *bytes)
{
    const struct transfer *transfer = run->transfer;
    int flags = SOCK_STREAM | SOCK_CLOEXEC | (transfer->nonblocking ? SOCK_NONBLOCK : 0);
    run->fd = socket(transfer->to.address.ss_family, flags, 0);
    if (run->fd < 0)
        return fail(run, STAGE_SOCKET, errno);
    if (transfer->way == WAY_GREETED)
        return connect_to(run) && read_greeting(run);
    return transfer->native ? open_natively(run, bytes) : connect_to(run);
}

static bool write_message(struct run *run, const unsigned char *bytes)
{
    while (run->written < run->transfer->message.length) {
        ssize_t more =
            write(run->fd, bytes + run->written, run->transfer->message.length - run->written);
        if (more > 0)
            run->written += (size_t)more;
        else if (!try_again(run, POLLOUT))
            return fail(run, STAGE_WRITE, errno);
    }
    return true;
}

static bool read_answer(struct run *run)
{
    const struct message *message = &run->transfer->message;
    unsigned char bytes[ANSWER_MAX + 1];
    size_t got = 0;
    ssize_t more;
    while ((more = recv(run->fd, bytes, sizeof bytes, 0)) != 0) {
        if (more > 0) {
            run->result.wrong += answer_count_wrong(message, got, bytes, (size_t)more);
            got += (size_t)more;
        } else if (!try_again(run, POLLIN)) {
            return fail(run, STAGE_READ, errno);
        }
    }
    return got >= answer_length(message) || fail(run, STAGE_READ, ENODATA);
}

static bool set_linger(struct run *run, int seconds)
{
    struct linger linger = {1, seconds};
    return setsockopt(run->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0 ||
           fail(run, STAGE_CLOSE, errno);
}

static bool end(struct run *run)
{
    switch (run->transfer->way) {
    case WAY_HALF_CLOSE:
    case WAY_GREETED:
        if (shutdown(run->fd, SHUT_WR) != 0)
            return fail(run, STAGE_SHUTDOWN, errno);
        return read_answer(run);
    case WAY_READ:
        return read_answer(run);
    case WAY_READ_RESET:
        return read_answer(run) && set_linger(run, 0);
    case WAY_RESET:
        return set_linger(run, 0);
    case WAY_LINGER:
        return set_linger(run, LINGER_SECONDS);
    default:
        return true;
    }
}

struct result transfer_run(const struct transfer *transfer)
{
    static unsigned char bytes[MESSAGE_MAX];
    struct run run = {.transfer = transfer, .fd = -1, .epoll = -1};
    bool good;
    message_fill(&transfer->message, 0, bytes, transfer->message.length);
    good = open_connection(&run, bytes) && write_message(&run, bytes) && end(&run);
    if (transfer->way == WAY_EXIT)
        return run.result;
    if (run.epoll >= 0)
        close(run.epoll);
    if (run.fd >= 0 && close(run.fd) != 0 && good)
        fail(&run, STAGE_CLOSE, errno);
    return run.result;
}
