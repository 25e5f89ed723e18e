/* SPDX-License-Identifier: MIT */
/* What this machine's kernel is set to, and what it has counted, in our network namespace; and
 * which processes share a namespace with us. */
#ifndef TFOSHIM_KERNEL_PROC_H
#define TFOSHIM_KERNEL_PROC_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The bits of net.ipv4.tcp_fastopen that concern us. */
enum {
    FASTOPEN_CLIENT = 1,
    FASTOPEN_SERVER = 2,
    FASTOPEN_CLIENT_NO_COOKIE = 4,
    FASTOPEN_SERVER_NO_COOKIE = 0x200,
    FASTOPEN_SERVER_ALWAYS = 0x400,
};

/* The sysctl net.ipv4.NAME without its newline; false where it cannot be read (errno says why). */
bool proc_sysctl(const char *name, char *text, size_t size) NONNULL MUST_USE;

/* The same as a number; -1 where it cannot be read. */
long proc_sysctl_number(const char *name) NONNULL;

/* net.ipv4.tcp_fastopen in words: "client (1), server (2)". */
#define PROC_FASTOPEN_WORDS_MOST 256
void proc_fastopen_words(char words[PROC_FASTOPEN_WORDS_MOST], long value) NONNULL;

/* A counter of TcpExt in /proc/net/netstat; -1 where there is none of that name. */
long long proc_counter(const char *name) NONNULL;

/* Is the process in our namespace of that kind, "ipc" or "net" (namespaces(7))? False also where
 * that cannot be told. */
bool proc_shares_namespace(pid_t, const char *kind) NONNULL;

#endif
