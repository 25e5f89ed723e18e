/* SPDX-License-Identifier: MIT */
/* net.ipv4.tcp_fastopen of other network namespaces than our own. */
#ifndef TFOSHIM_CLI_FASTOPEN_THERE_H
#define TFOSHIM_CLI_FASTOPEN_THERE_H

#include <stdbool.h>
#include <sys/types.h>

/* Of the one that a socket is in, or a process: is that ours? -1 where it may not be looked at. */
long fastopen_of_socket(int socket, bool *is_ours);
long fastopen_of_process(pid_t, bool *is_ours);

#endif
