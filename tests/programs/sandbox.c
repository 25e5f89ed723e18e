/* SPDX-License-Identifier: MIT */
/*
 * sandbox ERRNO CALL COMMAND...: runs the command where a system call that tfoshim makes fails, as
 * under a strict seccomp filter.
 *
 *   setsockopt   every setsockopt() of level IPPROTO_TCP
 *   deferral     setsockopt(TCP_FASTOPEN_CONNECT): a kernel older than 4.11 has no such option
 *   fastopen     every sendto() and sendmsg() with MSG_FASTOPEN
 *   netlink      every socket() of family AF_NETLINK
 *   pwritev2     every pwritev2()
 *   ring         every io_uring_setup()
 *   openat2      every openat2(), which kernels before 5.6 do not have
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_NOT_EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define IF_NO_BITS(value, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, value, 0, skip)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

static void install(struct sock_filter *filter, size_t length)
{
    struct sock_fprog program = {.len = (unsigned short)length, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        err(2, "seccomp");
    }
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
        if (known != NULL && strcmp(known, name) == 0) {
            return (unsigned)error;
        }
    }
    errx(2, "no such error: %s", name);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        errx(2, "usage: sandbox ERRNO CALL COMMAND...");
    }
    unsigned error = error_number(argv[1]);
    if (strcmp(argv[2], "setsockopt") == 0) {
        forbid_setsockopt(error);
    } else if (strcmp(argv[2], "deferral") == 0) {
        forbid_deferral(error);
    } else if (strcmp(argv[2], "fastopen") == 0) {
        forbid_fastopen(error);
    } else if (strcmp(argv[2], "netlink") == 0) {
        forbid_netlink(error);
    } else if (strcmp(argv[2], "pwritev2") == 0) {
        forbid_call(SYS_pwritev2, error);
    } else if (strcmp(argv[2], "ring") == 0) {
        forbid_call(SYS_io_uring_setup, error);
    } else if (strcmp(argv[2], "openat2") == 0) {
        forbid_call(SYS_openat2, error);
    } else {
        errx(2, "no such call: %s", argv[2]);
    }
    execvp(argv[3], argv + 3);
    err(2, "%s", argv[3]);
}
