/* SPDX-License-Identifier: MIT */
#include "shim/listener.h"

#include "kernel/tcp.h"
#include "shim/log.h"
#include "shim/program_memory.h"
#include "shim/record.h"
#include "shim/shim.h"

#include <netinet/tcp.h>

/* bind() does not know the backlog that listen() will bring: the kernel's usual ceiling for both. The
 * kernel clips what it is given to net.core.somaxconn. */
#define QUEUE_WHEN_BOUND 4096

static void set_queue(int fd, const struct sockaddr *address, int queue)
{
    bool done = tcp_set_option(fd, TCP_FASTOPEN, queue);
    if (log_is_on(LOG_DEBUG))
        log_connection(fd, address, done ? "listener takes SYN data" : "no TCP_FASTOPEN here", 0);
}

/* Whose was the last word on this socket's Fast Open options? */
static enum record_state noted(int fd, uint64_t socket_cookie)
{
    struct record record;
    if (!record_get(fd, &record) || record_is_connection(&record))
        return RECORD_FREE;
    if (record.socket_cookie == socket_cookie)
        return record.tag.state;
    record_forget(&record);
    return RECORD_FREE;
}

static void forget(int fd)
{
    struct record old;
    if (record_get(fd, &old) && !record_is_connection(&old))
        record_forget(&old);
}

static void note(int fd, enum record_state state)
{
    struct record record = {.fd = fd, .socket_cookie = tcp_socket_cookie(fd)};
    record.tag.state = (uint8_t)state;
    forget(fd);
    if (record.socket_cookie)
        record_put(&record);
}

void listener_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    struct endpoint endpoint;
    if (!shim.active || length > sizeof(struct sockaddr_storage) ||
        !program_memory_readable(address, length) ||
        !endpoint_from_sockaddr(&endpoint, address, length))
        return;
    /* Port 0: a client that binds its own address, or a listener that listen() will cover. */
    struct server_verdict verdict = policy_server(shim.policy, &endpoint);
    if (endpoint.port == 0 || !verdict.fastopen || !tcp_is_tcp(fd) ||
        tcp_option(fd, TCP_FASTOPEN) != 0 ||
        noted(fd, tcp_socket_cookie(fd)) == RECORD_ASIDE)
        return;
    set_queue(fd, address, verdict.queue ? (int)verdict.queue : QUEUE_WHEN_BOUND);
    note(fd, RECORD_BOUND);
}

/* listen() takes 0 for "one" and a negative number for "as many as allowed"; as a queue length the first
 * would switch Fast Open off and the second be refused. */
static int queue_for_backlog(int backlog)
{
    return backlog > 0 ? backlog : backlog == 0 ? 1 : QUEUE_WHEN_BOUND;
}

void listener_listen(int fd, int backlog)
{
    struct sockaddr_storage bound;
    struct endpoint endpoint;
    socklen_t length;
    struct sockaddr *address = (struct sockaddr *)&bound;
    if (!shim.active || !tcp_local_address(fd, &bound, &length) ||
        !endpoint_from_sockaddr(&endpoint, address, length) || !tcp_is_tcp(fd))
        return;
    struct server_verdict verdict = policy_server(shim.policy, &endpoint);
    enum record_state last_word = noted(fd, tcp_socket_cookie(fd));
    bool ours = last_word == RECORD_BOUND || tcp_option(fd, TCP_FASTOPEN) == 0;
    if (verdict.fastopen && last_word != RECORD_ASIDE && ours)
        set_queue(fd, address, verdict.queue ? (int)verdict.queue : queue_for_backlog(backlog));
    if (last_word == RECORD_BOUND)
        forget(fd);
}

void listener_stand_aside(int fd)
{
    if (shim.active && tcp_is_tcp(fd))
        note(fd, RECORD_ASIDE);
}
