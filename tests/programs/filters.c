/* SPDX-License-Identifier: MIT */
#include "filters.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_NOT_EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define IF_NO_BITS(value, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, value, 0, skip)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

static void install(struct sock_filter *filter, size_t length)
{
    struct sock_fprog program = {.len = (unsigned short)length, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        err(2, "seccomp");
}

static void forbid_setsockopt(unsigned error)
{
    struct sock_filter filter[] = {
        LOAD(nr),
        IF_NOT_EQUAL(SYS_setsockopt, 3),
        LOAD(args[1]),
        IF_NOT_EQUAL(IPPROTO_TCP, 1),
        RETURN(SECCOMP_RET_ERRNO | error),
        RETURN(SECCOMP_RET_ALLOW),
    };
    install(filter, sizeof filter / sizeof *filter);
}

static void forbid_deferral(unsigned error)
{
    struct sock_filter filter[] = {
        LOAD(nr),
        IF_NOT_EQUAL(SYS_setsockopt, 5),
        LOAD(args[1]),
        IF_NOT_EQUAL(IPPROTO_TCP, 3),
        LOAD(args[2]),
        IF_NOT_EQUAL(TCP_FASTOPEN_CONNECT, 1),
        RETURN(SECCOMP_RET_ERRNO | error),
        RETURN(SECCOMP_RET_ALLOW),
    };
    install(filter, sizeof filter / sizeof *filter);
}

static void forbid_fastopen(unsigned error)
{
    struct sock_filter filter[] = {
        LOAD(nr),
        IF_NOT_EQUAL(SYS_sendto, 2),
        LOAD(args[3]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MSG_FASTOPEN, 3, 4),
        IF_NOT_EQUAL(SYS_sendmsg, 3),
        LOAD(args[2]),
        IF_NO_BITS(MSG_FASTOPEN, 1),
        RETURN(SECCOMP_RET_ERRNO | error),
        RETURN(SECCOMP_RET_ALLOW),
    };
    install(filter, sizeof filter / sizeof *filter);
}

static void forbid_netlink(unsigned error)
{
    struct sock_filter filter[] = {
        LOAD(nr),
        IF_NOT_EQUAL(SYS_socket, 3),
        LOAD(args[0]),
        IF_NOT_EQUAL(AF_NETLINK, 1),
        RETURN(SECCOMP_RET_ERRNO | error),
        RETURN(SECCOMP_RET_ALLOW),
    };
    install(filter, sizeof filter / sizeof *filter);
}

static void forbid_duplicate(unsigned error)
{
    struct sock_filter filter[] = {
        LOAD(nr),
        IF_NOT_EQUAL(SYS_fcntl, 3),
        LOAD(args[1]),
        IF_NOT_EQUAL(F_DUPFD_CLOEXEC, 1),
        RETURN(SECCOMP_RET_ERRNO | error),
        RETURN(SECCOMP_RET_ALLOW),
    };
    install(filter, sizeof filter / sizeof *filter);
}

static void forbid_call(unsigned number, unsigned error)
{
    struct sock_filter filter[] = {
        LOAD(nr),
        IF_NOT_EQUAL(number, 1),
        RETURN(SECCOMP_RET_ERRNO | error),
        RETURN(SECCOMP_RET_ALLOW),
    };
    install(filter, sizeof filter / sizeof *filter);
}

static unsigned error_number(const char *name)
{
    for (int error = 1; error < 134; error++) {
        const char *known = strerrorname_np(error);
        if (known != NULL && strcmp(known, name) == 0)
            return (unsigned)error;
    }
    errx(2, "no such error: %s", name);
}

void filter_forbid(const char *call, const char *name)
{
    unsigned error = error_number(name);
    if (strcmp(call, "setsockopt") == 0)
        forbid_setsockopt(error);
    else if (strcmp(call, "deferral") == 0)
        forbid_deferral(error);
    else if (strcmp(call, "fastopen") == 0)
        forbid_fastopen(error);
    else if (strcmp(call, "netlink") == 0)
        forbid_netlink(error);
    else if (strcmp(call, "pwritev2") == 0)
        forbid_call(SYS_pwritev2, error);
    else if (strcmp(call, "ring") == 0)
        forbid_call(SYS_io_uring_setup, error);
    else if (strcmp(call, "epoll") == 0)
        forbid_call(SYS_epoll_create1, error);
    else if (strcmp(call, "duplicate") == 0)
        forbid_duplicate(error);
    else if (strcmp(call, "openat2") == 0)
        forbid_call(SYS_openat2, error);
    else if (strcmp(call, "getfd") == 0)
        forbid_call(SYS_pidfd_getfd, error);
    else
        errx(2, "no such call: %s", call);
}
