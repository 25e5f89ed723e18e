/* SPDX-License-Identifier: MIT */
/* What this machine's kernel is set to, and what it has counted, in our network namespace. */
#ifndef TFOSHIM_CLI_MACHINE_H
#define TFOSHIM_CLI_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* The bits of net.ipv4.tcp_fastopen that concern us. */
enum {
    FASTOPEN_CLIENT = 1,
    FASTOPEN_SERVER = 2,
    FASTOPEN_CLIENT_NO_COOKIE = 4,
    FASTOPEN_SERVER_NO_COOKIE = 0x200,
    FASTOPEN_SERVER_ALWAYS = 0x400,
};

/* The sysctl net.ipv4.NAME without its newline; false where it cannot be read (errno says why). */
bool machine_sysctl(const char *name, char *text, size_t size);

/* The same as a number; -1 where it cannot be read. */
long machine_sysctl_number(const char *name);

/* net.ipv4.tcp_fastopen of the network namespace that a socket is in: is it ours? -1 where it may
 * not be looked at. */
long machine_fastopen_of(int fd, bool *is_ours);

/* net.ipv4.tcp_fastopen in words: "client (1), server (2)". To be freed. */
char *machine_fastopen_bits(long value);

/* A counter of TcpExt in /proc/net/netstat; -1 where there is none of that name. */
long long machine_counter(const char *name);

#endif
