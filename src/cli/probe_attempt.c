/* SPDX-License-Identifier: MIT */
#include "cli/probe.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct run {
    const struct probe *probe;
    struct attempt *attempt;
    int fd;
    double begun_ms;
    size_t sent;
};

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000;
}

/* Waits for readiness until the attempt's time is over. */
static bool wait_for(const struct run *run, short events)
{
    struct pollfd waiting = {.fd = run->fd, .events = events};

    for (;;) {
        double left = run->begun_ms + run->probe->timeout_ms - now_ms();
        int ready = left > 0 ? poll(&waiting, 1, (int)left + 1) : 0;

        if (ready >= 0 || errno != EINTR)
            return ready > 0;
    }
}

static bool fail(struct run *run, int error)
{
    run->attempt->end = error == ETIMEDOUT ? ATTEMPT_TIMED_OUT : ATTEMPT_REFUSED;
    run->attempt->error = error;
    return false;
}

/* The SYN leaves, with or without data; false if that has failed already. */
static bool begin(struct run *run, enum attempt_way way)
{
    const struct probe *probe = run->probe;
    const struct sockaddr *address = (const struct sockaddr *)&probe->address;
    ssize_t sent = 0;
    int result;

    run->begun_ms = now_ms();
    if (way == ATTEMPT_PLAIN) {
        result = connect(run->fd, address, probe->length);
    } else {
        sent = sendto(run->fd, probe->data, way == ATTEMPT_FAST ? probe->size : 0,
                      MSG_FASTOPEN | MSG_NOSIGNAL, address, probe->length);
        result = sent < 0 ? -1 : 0;
    }
    if (result != 0 && errno != EINPROGRESS)
        return fail(run, errno);
    run->sent = sent > 0 ? (size_t)sent : 0;
    return true;
}

static bool finish_handshake(struct run *run)
{
    int error = 0;
    socklen_t length = sizeof(error);

    if (!wait_for(run, POLLOUT))
        return fail(run, ETIMEDOUT);
    if (getsockopt(run->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    return error == 0 || fail(run, error);
}

static bool send_rest(struct run *run)
{
    while (run->sent < run->probe->size) {
        ssize_t sent =
            send(run->fd, run->probe->data + run->sent, run->probe->size - run->sent, MSG_NOSIGNAL);

        if (sent >= 0)
            run->sent += (size_t)sent;
        else if (errno != EAGAIN)
            return fail(run, errno);
        else if (!wait_for(run, POLLOUT))
            return fail(run, ETIMEDOUT);
    }
    return true;
}

static void await_answer(struct run *run)
{
    char byte;

    run->attempt->end = ATTEMPT_SILENT;
    if (!run->probe->server_answers || !wait_for(run, POLLIN))
        return;
    run->attempt->answer_ms = now_ms() - run->begun_ms;
    if (recv(run->fd, &byte, 1, 0) < 0)
        fail(run, errno);
    else
        run->attempt->end = ATTEMPT_ANSWERED;
}

static void look_at_kernel(const struct run *run)
{
    struct tcp_info info;
    socklen_t length = sizeof(info);

    memset(&info, 0, sizeof(info));
    if (getsockopt(run->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        return;
    run->attempt->syn_data_acked = (info.tcpi_options & TCPI_OPT_SYN_DATA) != 0;
    run->attempt->client_fail = info.tcpi_fastopen_client_fail;
    run->attempt->retransmissions = info.tcpi_total_retrans;
}

void attempt_make(struct attempt *attempt, const struct probe *probe, enum attempt_way way)
{
    struct run run = {.probe = probe, .attempt = attempt};

    *attempt = (struct attempt){.end = ATTEMPT_SILENT};
    run.fd = socket(probe->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (run.fd < 0) {
        fail(&run, errno);
        return;
    }
    if (begin(&run, way) && finish_handshake(&run) && way != ATTEMPT_ASK && send_rest(&run))
        await_answer(&run);
    look_at_kernel(&run);
    close(run.fd);
}
