/* SPDX-License-Identifier: MIT */
/*
 * Usage: tcp ADDRESS PORT [BYTES]
 *
 * What the kernel is read to say of connections to a server: of a first one, which asks for a
 * cookie, and of a second, whose SYN is offered BYTES bytes (0 unless given: there is none). Prints
 * a line of name=value for each.
 */
#include "kernel/tcp.h"
#include "policy/policy.h"

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif

static struct sockaddr_storage server;
static socklen_t server_length;

static void read_server(const char *address, const char *port)
{
    struct endpoint endpoint = {.port = (uint16_t)strtoul(port, NULL, 10)};
    endpoint.address[10] = endpoint.address[11] = 0xff;
    if (inet_pton(AF_INET, address, endpoint.address + 12) != 1)
        CHECK(inet_pton(AF_INET6, address, endpoint.address) == 1);
    server_length = endpoint_to_sockaddr(&endpoint, &server);
}

static int connected(void)
{
    int fd = socket(server.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    CHECK(fd >= 0);
    CHECK(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on) == 0);
    CHECK(connect(fd, (struct sockaddr *)&server, server_length) == 0);
    return fd;
}

static void print_opening(int fd)
{
    struct tcp_opening opening;
    CHECK(tcp_opening(fd, &opening));
    printf("state=%d acked=%d fail=%d retransmitted=%d request_lost=%d local=%d room=%u "
           "rtt_ms=%u min_rtt_ms=%u\n",
           opening.state, opening.syn_data_acked, opening.client_fail, opening.syn_retransmitted,
           tcp_cookie_request_lost(&opening), tcp_is_local(fd), opening.room, opening.rtt_us / 1000,
           opening.min_rtt_us / 1000);
}

/* The bytes go into the SYN: how many of them did, and how many was it reckoned to take? */
static void open_with(size_t bytes)
{
    int fd = connected(), room = tcp_syn_room(fd, (struct sockaddr *)&server);
    struct pollfd end = {.fd = fd, .events = POLLIN};
    char *data = calloc(1, bytes);
    ssize_t sent;
    CHECK(data != NULL);
    sent = sendto(fd, data, bytes, MSG_FASTOPEN | MSG_DONTWAIT, (struct sockaddr *)&server,
                  server_length);
    printf("reckoned=%d sent=%zd\n", room, sent);
    /* The sending of more than the SYN took would be in the figures. */
    while (tcp_state(fd) == TCP_SYN_SENT)
        CHECK(poll(&end, 1, 10) >= 0);
    print_opening(fd);
    free(data);
    close(fd);
}

int main(int argc, char **argv)
{
    int fd;
    kernel_syscall = syscall;
    CHECK(argc == 3 || argc == 4);
    read_server(argv[1], argv[2]);
    fd = connected();
    print_opening(fd);
    close(fd);
    if (argc == 4)
        open_with(strtoul(argv[3], NULL, 10));
    return 0;
}
