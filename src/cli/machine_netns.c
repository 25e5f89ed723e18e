/* SPDX-License-Identifier: MIT */
/* Settings of other network namespaces: files in /proc/sys/net are those of who opens them. */
#include "cli/machine.h"
#include "cli/recollection.h"
#include "cli/util.h"
#include "kernel/tcp.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>

static bool is_in_ours(int socket_there)
{
    const uint64_t ours = recollection_netns();

    return ours != 0 && ours == tcp_netns_cookie(socket_there);
}

/* Goes there and comes back, which takes CAP_NET_ADMIN there and CAP_SYS_ADMIN. */
static long ask_there(int there)
{
    const int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    long value = -1;

    if (here >= 0 && setns(there, CLONE_NEWNET) == 0) {
        value = machine_sysctl_number("tcp_fastopen");
        if (setns(here, CLONE_NEWNET) != 0) {
            complain_errno("cannot come back from another network namespace");
            exit(EXIT_FAILURE);
        }
    }
    if (here >= 0)
        close(here);
    return value;
}

long machine_fastopen_of(int socket_there, bool *is_ours)
{
    long value = -1;
    int there;

    *is_ours = is_in_ours(socket_there);
    if (*is_ours)
        return machine_sysctl_number("tcp_fastopen");
    there = ioctl(socket_there, SIOCGSKNS);
    if (there >= 0) {
        value = ask_there(there);
        close(there);
    }
    return value;
}
