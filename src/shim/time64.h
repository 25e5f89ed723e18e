/* SPDX-License-Identifier: MIT */
/*
 * What 32-bit programs that have a time_t of 64 bits call: their C library's headers rename the
 * usual functions to these, which are declared nowhere. Where nothing is looked at, the usual
 * structures stand for the wide ones, behind a pointer.
 */
#ifndef TFOSHIM_SHIM_TIME64_H
#define TFOSHIM_SHIM_TIME64_H

#include <endian.h>
#include <stdint.h>

struct timespec64 {
    int64_t tv_sec;
#if __BYTE_ORDER == __BIG_ENDIAN
    int32_t padding;
    int32_t tv_nsec;
#else
    int32_t tv_nsec;
    int32_t padding;
#endif
};

struct timeval64 {
    int64_t tv_sec;
    int64_t tv_usec;
};

struct rusage64;

__typeof__(sendmsg) __sendmsg64;
__typeof__(sendmmsg) __sendmmsg64;
__typeof__(recvmsg) __recvmsg64;
int __recvmmsg64(int, struct mmsghdr *, unsigned, int, struct timespec64 *);
int __ppoll64(struct pollfd *, nfds_t, const struct timespec64 *, const sigset_t *);
int __ppoll64_chk(struct pollfd *, nfds_t, const struct timespec64 *, const sigset_t *, size_t);
int __select64(int, fd_set *, fd_set *, fd_set *, struct timeval64 *);
int __pselect64(int, fd_set *, fd_set *, fd_set *, const struct timespec64 *, const sigset_t *);
int __epoll_pwait2_time64(int, struct epoll_event *, int, const struct timespec64 *,
                          const sigset_t *);
__typeof__(getsockopt) __getsockopt64;
__typeof__(setsockopt) __setsockopt64;
__typeof__(fcntl) __fcntl_time64;
__typeof__(ioctl) __ioctl_time64;
__typeof__(prctl) __prctl_time64;
int __gai_suspend_time64(const struct gaicb *const[], int, const struct timespec64 *);
int __sem_timedwait64(sem_t *, const struct timespec64 *);
int __sem_clockwait64(sem_t *, clockid_t, const struct timespec64 *);
int __pthread_cond_timedwait64(pthread_cond_t *, pthread_mutex_t *, const struct timespec64 *);
int __pthread_cond_clockwait64(pthread_cond_t *, pthread_mutex_t *, clockid_t,
                               const struct timespec64 *);
int __pthread_timedjoin_np64(pthread_t, void **, const struct timespec64 *);
int __pthread_clockjoin_np64(pthread_t, void **, clockid_t, const struct timespec64 *);
int __cnd_timedwait64(cnd_t *, mtx_t *, const struct timespec64 *);
int __thrd_sleep64(const struct timespec64 *, struct timespec64 *);
int __nanosleep64(const struct timespec64 *, struct timespec64 *);
int __clock_nanosleep_time64(clockid_t, int, const struct timespec64 *, struct timespec64 *);
int __sigtimedwait64(const sigset_t *, siginfo_t *, const struct timespec64 *);
pid_t __wait3_time64(int *, int, struct rusage64 *);
pid_t __wait4_time64(pid_t, int *, int, struct rusage64 *);
int __semtimedop64(int, struct sembuf *, size_t, const struct timespec64 *);
ssize_t __mq_timedreceive_time64(mqd_t, char *, size_t, unsigned *, const struct timespec64 *);
int __mq_timedsend_time64(mqd_t, const char *, size_t, unsigned, const struct timespec64 *);
int __pthread_mutex_timedlock64(pthread_mutex_t *, const struct timespec64 *);
int __pthread_mutex_clocklock64(pthread_mutex_t *, clockid_t, const struct timespec64 *);
int __pthread_rwlock_timedrdlock64(pthread_rwlock_t *, const struct timespec64 *);
int __pthread_rwlock_timedwrlock64(pthread_rwlock_t *, const struct timespec64 *);
int __pthread_rwlock_clockrdlock64(pthread_rwlock_t *, clockid_t, const struct timespec64 *);
int __pthread_rwlock_clockwrlock64(pthread_rwlock_t *, clockid_t, const struct timespec64 *);
int __mtx_timedlock64(mtx_t *, const struct timespec64 *);
int __aio_suspend_time64(const struct aiocb *const[], int, const struct timespec64 *);

/* Structures that nobody looks into here (libc.def). */
int __stat64_time64(const char *, void *);
int __lstat64_time64(const char *, void *);
int __fstat64_time64(int, void *);
int __fstatat64_time64(int, const char *, void *, int);
int __shmctl64(int, int, void *);

#endif
