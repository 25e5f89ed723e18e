/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct plan *plan;

#define VARIABLE "TFOSHIM_FAULTS="

void plan_open(char **environment)
{
    const char *path = NULL;
    for (; *environment; environment++)
        if (strncmp(*environment, VARIABLE, sizeof VARIABLE - 1) == 0)
            path = *environment + sizeof VARIABLE - 1;
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        err(2, "cannot map %s", path);
    close(fd);
    plan = mapped;
}

static uint32_t detail_of_send(long flags, bool empty)
{
    return (flags & MSG_FASTOPEN ? 1u : 0u) | (empty ? 2u : 0u);
}

static uint32_t detail(long number, const long a[6])
{
    switch (number) {
    case SYS_getsockopt:
    case SYS_setsockopt:
        return (uint32_t)a[1] << 16 | (uint32_t)a[2];
    case SYS_fcntl:
    case SYS_ioctl:
    case SYS_epoll_ctl:
    case SYS_shmctl:
    case SYS_shutdown:
    case SYS_prlimit64:
        return (uint32_t)a[1];
    case SYS_socket:
        return (uint32_t)a[0];
    case SYS_connect:
        return ((const struct sockaddr *)a[1])->sa_family == AF_UNSPEC; /* NOLINT */
    case SYS_sendto:
        return detail_of_send(a[3], a[2] == 0);
    case SYS_sendmsg:
        return detail_of_send(a[2], false);
    case SYS_recvfrom:
        return (uint32_t)a[3];
    case SYS_shmget:
        return (uint32_t)a[2] & IPC_CREAT;
    case SYS_ppoll:
    case SYS_pselect6:
    case SYS_epoll_pwait:
        return a[5] == PLAN_PROGRAMS;
    case SYS_mmap:
        return (int)a[4] >= 0;
    default:
        return 0;
    }
}

static bool is_same(const struct call *one, int32_t phase, int32_t number, uint32_t detail)
{
    return one->phase == phase && one->number == number && one->detail == detail;
}

/* The entry of such calls. A new one is made complete before it is counted; two threads that make
 * the same are added up by the reader. */
static struct call *entry(int32_t phase, int32_t number, uint32_t detail)
{
    uint32_t used = atomic_load(&plan->used);
    for (uint32_t i = 0; i < used && i < PLAN_CALLS; i++)
        if (is_same(&plan->calls[i], phase, number, detail))
            return &plan->calls[i];
    uint32_t at = atomic_fetch_add(&plan->used, 1);
    if (at >= PLAN_CALLS)
        return NULL;
    plan->calls[at].phase = phase;
    plan->calls[at].number = number;
    plan->calls[at].detail = detail;
    return &plan->calls[at];
}

int plan_fault(enum phase phase, long number, const long arguments[6])
{
    if (!plan)
        return 0;
    uint32_t what = detail(number, arguments);
    struct call *call = entry((int32_t)phase, (int32_t)number, what);
    uint32_t nth = call ? atomic_fetch_add(&call->count, 1) + 1 : 0;
    const struct call *fault = &plan->fault;
    if (!is_same(fault, (int32_t)phase, (int32_t)number, what) ||
        (plan->onward ? nth < plan->which : plan->which && plan->which != nth))
        return 0;
    atomic_fetch_add(&plan->hits, 1);
    return plan->error;
}
