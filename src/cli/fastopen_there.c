/* SPDX-License-Identifier: MIT */
#include "cli/fastopen_there.h"
#include "cli/util.h"
#include "kernel/netns.h"
#include "kernel/proc.h"
#include "kernel/tcp.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define OUR_NAMESPACE "/proc/self/ns/net"

/* Files in /proc/sys/net are those of who opens them: goes there and comes back, which takes
 * CAP_NET_ADMIN there and CAP_SYS_ADMIN. Takes the descriptor. */
static long ask_there(int there)
{
    const int here = there < 0 ? -1 : open(OUR_NAMESPACE, O_RDONLY | O_CLOEXEC);
    long value = -1;
    if (here >= 0 && setns(there, CLONE_NEWNET) == 0) {
        value = proc_sysctl_number("tcp_fastopen");
        if (setns(here, CLONE_NEWNET) != 0) {
            complain_errno("cannot come back from another network namespace");
            exit(EXIT_FAILURE);
        }
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
    struct stat ours, its;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/net", process);
    *is_ours = false;
    if (stat(path, &its) != 0)
        return -1;
    *is_ours =
        stat(OUR_NAMESPACE, &ours) == 0 && ours.st_ino == its.st_ino && ours.st_dev == its.st_dev;
    return *is_ours ? proc_sysctl_number("tcp_fastopen")
                    : ask_there(open(path, O_RDONLY | O_CLOEXEC));
}
