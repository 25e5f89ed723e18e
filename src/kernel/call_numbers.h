/* SPDX-License-Identifier: MIT */
/* System calls that are younger than the headers may be: those of glibc 2.31 know none after Linux
 * 5.4. From 424 on a number is the same on every machine but Alpha and MIPS. */
#ifndef TFOSHIM_KERNEL_CALL_NUMBERS_H
#define TFOSHIM_KERNEL_CALL_NUMBERS_H

#include <sys/syscall.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

#endif
