/* SPDX-License-Identifier: MIT */
#include "kernel/netns.h"
#include "kernel/proc.h"
#include "kernel/tcp.h"

#include <err.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

uint64_t netns_own(void)
{
    const int fd = (int)tcp_call(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0, 0);
    uint64_t netns;
    if (fd < 0)
        return 0;
    netns = tcp_netns_cookie(fd);
    tcp_call(SYS_close, fd, 0, 0, 0, 0, 0);
    return netns;
}

/* Files in /proc/sys/net are those of who opens them: goes there and comes back, which takes
 * CAP_NET_ADMIN there and CAP_SYS_ADMIN. Takes the descriptor. */
static long ask_there(int there)
{
    const int here = there < 0 ? -1 : open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    long value = -1;
    if (here >= 0 && setns(there, CLONE_NEWNET) == 0) {
        value = proc_sysctl_number("tcp_fastopen");
        if (setns(here, CLONE_NEWNET) != 0)
            err(EXIT_FAILURE, "cannot come back from another network namespace");
    }
    if (here >= 0)
        close(here);
    if (there >= 0)
        close(there);
    return value;
}

long fastopen_of_socket(int socket, bool *is_ours)
{
    const uint64_t ours = netns_own();
    *is_ours = ours != 0 && ours == tcp_netns_cookie(socket);
    return *is_ours ? proc_sysctl_number("tcp_fastopen") : ask_there(ioctl(socket, SIOCGSKNS));
}

long fastopen_of_process(pid_t process, bool *is_ours)
{
    char path[64];
    *is_ours = proc_shares_namespace(process, "net");
    if (*is_ours)
        return proc_sysctl_number("tcp_fastopen");
    snprintf(path, sizeof path, "/proc/%d/ns/net", process);
    return ask_there(open(path, O_RDONLY | O_CLOEXEC));
}
