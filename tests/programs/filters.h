/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FILTERS_H
#define TESTS_FILTERS_H

/*
 * From now on a system call that tfoshim makes fails, as under a strict seccomp filter. `error` is
 * an errno's name, and `call`
 *
 *   setsockopt   every setsockopt() of level IPPROTO_TCP
 *   deferral     setsockopt(TCP_FASTOPEN_CONNECT): a kernel older than 4.11 has no such option
 *   fastopen     every sendto() and sendmsg() with MSG_FASTOPEN
 *   netlink      every socket() of family AF_NETLINK
 *   pwritev2     every pwritev2()
 *   ring         every io_uring_setup()
 *   epoll        every epoll_create1()
 *   duplicate    every fcntl(F_DUPFD_CLOEXEC)
 *   openat2      every openat2(), which kernels before 5.6 do not have
 *   getfd        every pidfd_getfd(), which they do not have either
 */
void filter_forbid(const char *call, const char *error);

#endif
