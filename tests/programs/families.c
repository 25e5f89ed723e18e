/* SPDX-License-Identifier: MIT */
/*
 * families V4-ADDRESS PORT KIND: sockets that look like an ordinary TCP connection to a library
 * that does not look twice. Servers: mode answer for the TCP kinds, none for the others.
 *
 *   udp unix seqpacket   no TCP at all
 *   mptcp sctp           what is no TCP to the kernel, or may not be there at all
 *   mapped               IPv4 in an IPv6 address
 *   bound                a local port taken with bind() before connect()
 *   long                 an address length greater than the family needs
 *   short                an address length too short for the family
 *   unspec               the family AF_UNSPEC on a fresh socket
 */
#include "common.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static void converse(int fd, const struct sockaddr *address, socklen_t length)
{
    if (say("connect", connect(fd, address, length)) == 0) {
        write_said(fd, (const unsigned char *)"hello", 5);
        say("shutdown", shutdown(fd, SHUT_WR));
        read_to_end_said(fd);
    }
    say("close", close(fd));
}

static void try_udp(const struct address *peer)
{
    int fd = socket(peer->storage.ss_family, SOCK_DGRAM, 0);
    say("connect", connect(fd, address_get(peer), peer->length));
    say("send", send(fd, "hello", 5, 0));
    char bytes[8];
    /* Nobody is there: either the answer is in already or it is not, so it is waited for. */
    say("recv", recv(fd, bytes, sizeof bytes, 0));
    say("close", close(fd));
}

static void try_unix(int type)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct address bound = {.length = sizeof bound.storage};
    int listener = socket(AF_UNIX, type, 0), fd = socket(AF_UNIX, type, 0);
    /* Only the family: the kernel chooses an abstract name. */
    say("bind", bind(listener, (struct sockaddr *)&name, sizeof name.sun_family));
    say("listen", listen(listener, 5));
    getsockname(listener, (struct sockaddr *)&bound.storage, &bound.length);
    say("connect", connect(fd, address_get(&bound), bound.length));
    int accepted = accept(listener, NULL, NULL);
    write_said(fd, (const unsigned char *)"hello", 5);
    say("close", close(fd));
    read_to_end_said(accepted);
    close(accepted);
    close(listener);
}

static void try_stream(const struct address *peer, int protocol)
{
    int fd = socket(peer->storage.ss_family, SOCK_STREAM, protocol);
    if (say("socket", fd < 0 ? -1 : 0) == 0)
        converse(fd, address_get(peer), peer->length);
}

static void try_mapped(const struct address *peer)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&peer->storage;
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = v4->sin_port};
    mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
    memcpy(&mapped.sin6_addr.s6_addr[12], &v4->sin_addr, 4);
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    converse(fd, (struct sockaddr *)&mapped, sizeof mapped);
}

static void try_bound(const struct address *peer)
{
    struct address any = address_parse("0.0.0.0", "0");
    int fd = tcp_socket(peer, false);
    say("bind", bind(fd, address_get(&any), any.length));
    converse(fd, address_get(peer), peer->length);
}

int main(int argc, char **argv)
{
    program_start();
    if (argc != 4)
        errx(2, "usage: families ADDRESS PORT KIND");
    struct address peer = address_parse(argv[1], argv[2]);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    const char *kind = argv[3];
    if (strcmp(kind, "udp") == 0) {
        try_udp(&peer);
    } else if (strcmp(kind, "unix") == 0) {
        try_unix(SOCK_STREAM);
    } else if (strcmp(kind, "seqpacket") == 0) {
        try_unix(SOCK_SEQPACKET);
    } else if (strcmp(kind, "mptcp") == 0) {
        try_stream(&peer, IPPROTO_MPTCP);
    } else if (strcmp(kind, "sctp") == 0) {
        try_stream(&peer, IPPROTO_SCTP);
    } else if (strcmp(kind, "mapped") == 0) {
        try_mapped(&peer);
    } else if (strcmp(kind, "bound") == 0) {
        try_bound(&peer);
    } else if (strcmp(kind, "long") == 0) {
        converse(tcp_socket(&peer, false), address_get(&peer), sizeof peer.storage);
    } else if (strcmp(kind, "short") == 0) {
        converse(tcp_socket(&peer, false), address_get(&peer), 8);
    } else if (strcmp(kind, "unspec") == 0) {
        int fd = tcp_socket(&peer, false);
        say("connect", connect(fd, &none, sizeof none));
        say("close", close(fd));
    } else {
        errx(2, "no such kind: %s", kind);
    }
    return 0;
}
