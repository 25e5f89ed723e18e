/* SPDX-License-Identifier: MIT */
/* Waiting for a lock that another thread of the process holds. */
#include "named.h"
#include "rendezvous.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <threads.h>
#include <unistd.h>

NAMED(void, _IO_flockfile, FILE *);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t with_ceiling;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static mtx_t mtx;
static atomic_uint word;

static void take_mutex(void)
{
    pthread_mutex_lock(&mutex);
}

static void release_mutex(void)
{
    pthread_mutex_unlock(&mutex);
}

static void take_with_ceiling(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_PROTECT);
    pthread_mutexattr_setprioceiling(&attributes, 1);
    pthread_mutex_init(&with_ceiling, &attributes);
    pthread_mutex_lock(&with_ceiling);
}

static void release_with_ceiling(void)
{
    pthread_mutex_unlock(&with_ceiling);
}

static void take_rwlock(void)
{
    pthread_rwlock_wrlock(&rwlock);
}

static void release_rwlock(void)
{
    pthread_rwlock_unlock(&rwlock);
}

static void take_spin(void)
{
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_lock(&spin);
}

static void release_spin(void)
{
    pthread_spin_unlock(&spin);
}

static void take_mtx(void)
{
    mtx_init(&mtx, mtx_timed);
    mtx_lock(&mtx);
}

static void release_mtx(void)
{
    mtx_unlock(&mtx);
}

static void take_stream(void)
{
    flockfile(stream);
}

static void release_stream(void)
{
    funlockfile(stream);
}

static void take_futex(void)
{
    atomic_store(&word, 1);
}

static void release_futex(void)
{
    atomic_store(&word, 0);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static long wait_futex(void)
{
    while (atomic_load(&word))
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
    return 0;
}

static long wait_mutex(void)
{
    return pthread_mutex_lock(&mutex);
}

static long wait_mutex_timed(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_REALTIME);
    return pthread_mutex_timedlock(&mutex, &limit);
}

static long wait_mutex_clock(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_MONOTONIC);
    return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &limit);
}

static long wait_read(void)
{
    return pthread_rwlock_rdlock(&rwlock);
}

static long wait_read_timed(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_REALTIME);
    return pthread_rwlock_timedrdlock(&rwlock, &limit);
}

static long wait_read_clock(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_MONOTONIC);
    return pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &limit);
}

static long wait_write(void)
{
    return pthread_rwlock_wrlock(&rwlock);
}

static long wait_write_timed(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_REALTIME);
    return pthread_rwlock_timedwrlock(&rwlock, &limit);
}

static long wait_write_clock(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_MONOTONIC);
    return pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &limit);
}

static long wait_spin(void)
{
    return pthread_spin_lock(&spin);
}

static long wait_mtx(void)
{
    return mtx_lock(&mtx);
}

static long wait_mtx_timed(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_REALTIME);
    return mtx_timedlock(&mtx, &limit);
}

static long wait_ceiling(void)
{
    int before = -1;
    int error = pthread_mutex_setprioceiling(&with_ceiling, 1, &before);
    return error != 0 ? error : before;
}

static long wait_stream_alias(void)
{
    named__IO_flockfile(stream);
    return 0;
}

static long wait_stream(void)
{
    flockfile(stream);
    return 0;
}

const struct way lock_ways[] = {
    {"pthread_mutex_lock", wait_mutex, take_mutex, release_mutex, NULL},
    {"pthread_mutex_timedlock", wait_mutex_timed, take_mutex, release_mutex, NULL},
    {"pthread_mutex_clocklock", wait_mutex_clock, take_mutex, release_mutex, NULL},
    {"pthread_rwlock_rdlock", wait_read, take_rwlock, release_rwlock, NULL},
    {"pthread_rwlock_timedrdlock", wait_read_timed, take_rwlock, release_rwlock, NULL},
    {"pthread_rwlock_clockrdlock", wait_read_clock, take_rwlock, release_rwlock, NULL},
    {"pthread_rwlock_wrlock", wait_write, take_rwlock, release_rwlock, NULL},
    {"pthread_rwlock_timedwrlock", wait_write_timed, take_rwlock, release_rwlock, NULL},
    {"pthread_rwlock_clockwrlock", wait_write_clock, take_rwlock, release_rwlock, NULL},
    {"pthread_spin_lock", wait_spin, take_spin, release_spin, NULL},
    {"mtx_lock", wait_mtx, take_mtx, release_mtx, NULL},
    {"mtx_timedlock", wait_mtx_timed, take_mtx, release_mtx, NULL},
    {"futex", wait_futex, take_futex, release_futex, NULL},
    {"flockfile", wait_stream, take_stream, release_stream, NULL},
    {"_IO_flockfile", wait_stream_alias, take_stream, release_stream, NULL},
    {"pthread_mutex_setprioceiling", wait_ceiling, take_with_ceiling, release_with_ceiling, NULL},
    {0},
};
