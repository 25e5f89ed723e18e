/* SPDX-License-Identifier: MIT */
#include "common.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct address address_parse(const char *host, const char *port)
{
    struct address address = {.length = sizeof(struct sockaddr_in)};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address.storage;
    char plain[INET6_ADDRSTRLEN] = "";
    size_t scope = strcspn(host, "%");
    if (scope < sizeof plain)
        memcpy(plain, host, scope);
    in_port_t number = htons((in_port_t)strtoul(port, NULL, 10));
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = number;
    } else if (inet_pton(AF_INET6, plain, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = number;
        v6->sin6_scope_id = host[scope] ? if_nametoindex(host + scope + 1) : 0;
        address.length = sizeof *v6;
    } else {
        errx(2, "not an address: %s", host);
    }
    return address;
}

const struct sockaddr *address_get(const struct address *address)
{
    return (const struct sockaddr *)&address->storage;
}

void say_address(const char *what, const struct address *address, bool port_chosen)
{
    char text[INET6_ADDRSTRLEN] = "?";
    unsigned port = 0;
    if (address->storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->storage;
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
        port = ntohs(v4->sin_port);
    } else if (address->storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->storage;
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
        port = ntohs(v6->sin6_port);
    }
    if (port_chosen)
        printf("%s: %s %s\n", what, text, port != 0 ? "with a port" : "without a port");
    else
        printf("%s: %s %u\n", what, text, port);
}

const char *error_name(int error)
{
    const char *name = strerrorname_np(error);
    return error == 0 ? "0" : name != NULL ? name : "unknown error";
}

long say(const char *what, long result)
{
    int saved = errno;
    if (result < 0)
        printf("%s: %s\n", what, error_name(saved));
    else
        printf("%s: %ld\n", what, result);
    errno = saved;
    return result;
}

int tcp_socket(const struct address *address, bool nonblocking)
{
    int fd = socket(address->storage.ss_family, SOCK_STREAM | (nonblocking ? SOCK_NONBLOCK : 0), 0);
    if (fd < 0)
        err(2, "socket");
    return fd;
}

static void wait_for(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    while (poll(&poll_fd, 1, -1) < 0 && errno == EINTR) {}
}

bool connect_said(int fd, const struct address *address, bool nonblocking)
{
    int result = connect(fd, address_get(address), address->length);
    say("connect", result);
    if (!nonblocking || result == 0 || errno != EINPROGRESS)
        return result == 0;
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    say("poll", poll(&poll_fd, 1, -1));
    int error = -1;
    socklen_t length = sizeof error;
    say("getsockopt SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
    printf("SO_ERROR: %s\n", error_name(error));
    return error == 0;
}

void pattern_fill(unsigned char *bytes, size_t length, size_t from)
{
    for (size_t i = 0; i < length; i++) {
        size_t at = from + i;
        bytes[i] = (unsigned char)(at ^ (at >> 8) ^ (at >> 16) * 31);
    }
}

/* FNV-1a: short, and the order of the bytes matters to it. */
uint64_t checksum(uint64_t so_far, const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        so_far = (so_far ^ bytes[i]) * UINT64_C(1099511628211);
    return so_far;
}

bool write_said(int fd, const unsigned char *bytes, size_t length)
{
    size_t done = 0;
    do {
        ssize_t wrote = write(fd, bytes + done, length - done);
        if (wrote >= 0) {
            done += (size_t)wrote;
        } else if (errno == EAGAIN) {
            wait_for(fd, POLLOUT);
        } else if (errno != EINTR) {
            printf("write: %s after %zu\n", error_name(errno), done);
            return false;
        }
    } while (done < length);
    printf("wrote: %zu\n", done);
    return true;
}

/* Reads until `most` bytes have come; `*error` says how it ended: 0 for the end or enough. */
static size_t read_up_to(int fd, size_t most, uint64_t *sum, int *error)
{
    unsigned char buffer[16384];
    size_t done = 0;
    *error = 0;
    while (done < most) {
        size_t want = most - done < sizeof buffer ? most - done : sizeof buffer;
        ssize_t got = read(fd, buffer, want);
        if (got == 0)
            break;
        if (got > 0) {
            *sum = checksum(*sum, buffer, (size_t)got);
            done += (size_t)got;
        } else if (errno == EAGAIN) {
            wait_for(fd, POLLIN);
        } else if (errno != EINTR) {
            *error = errno;
            break;
        }
    }
    return done;
}

void read_to_end_said(int fd)
{
    int error;
    uint64_t sum = CHECKSUM_START;
    size_t got = read_up_to(fd, SIZE_MAX, &sum, &error);
    printf("read: %zu %016jx %s\n", got, (uintmax_t)sum, error ? error_name(error) : "EOF");
}

size_t read_said(int fd, size_t length)
{
    int error;
    uint64_t sum = CHECKSUM_START;
    size_t got = read_up_to(fd, length, &sum, &error);
    const char *end = error ? error_name(error) : got < length ? "EOF" : "enough";
    printf("read: %zu %016jx %s\n", got, (uintmax_t)sum, end);
    return got;
}

void program_start(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(60);
}
