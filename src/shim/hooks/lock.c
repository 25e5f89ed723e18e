/* SPDX-License-Identifier: MIT */
/*
 * Locks, and semaphores, which are used as such: whoever holds one may be waiting for a connect
 * that this thread has deferred. A lock that is free, or very soon is, keeps it deferred, for
 * programs lock at every turn. Locks that are none of the C library's are in number_wait.c.
 */
#include "shim/hook.h"

/* `try` is the same lock's way to be asked without waiting; any answer but `busy` is the answer. */
#define LOCK_HOOK(name, parameters, try, busy, arguments)                                          \
    LOCK_HOOK_OF(WAIT_GOES_ON, name, parameters, try, busy, arguments)

#define LOCK_HOOK_OF(kind, name, parameters, try, busy, arguments)                                 \
    HOOK_WHILE(CONCERN_CONNECTIONS, int, name, parameters, arguments)                              \
    {                                                                                              \
        if (waiting_concerns_thread()) {                                                           \
            struct waiting waiting = WAITING(kind);                                                \
            enum waited waited = WAITED_A_WHILE;                                                   \
            int64_t since = 0;                                                                     \
            int answer;                                                                            \
            do                                                                                     \
                answer = try;                                                                      \
            while (answer == (busy) && waited == WAITED_A_WHILE &&                                 \
                   (waiting_a_moment(&since) ||                                                    \
                    (waited = waiting_a_while(&waiting)) != WAITED_ENOUGH));                       \
            waiting_over(&waiting);                                                                \
            if (answer != (busy))                                                                  \
                return answer;                                                                     \
            if (waited == WAITED_INTERRUPTED)                                                      \
                return hook_fail(EINTR);                                                           \
        }                                                                                          \
        return NEXT(name) arguments;                                                               \
    }

#define TRY(name, type) NEXT_FIRST(int, name, next_functions.name, (type * lock), (lock))
TRY(sem_trywait, sem_t)
TRY(pthread_mutex_trylock, pthread_mutex_t)
TRY(pthread_rwlock_tryrdlock, pthread_rwlock_t)
TRY(pthread_rwlock_trywrlock, pthread_rwlock_t)
TRY(pthread_spin_trylock, pthread_spinlock_t)
TRY(mtx_trylock, mtx_t)
NEXT_FIRST(int, ftrylockfile, next_functions.ftrylockfile, (FILE * stream), (stream))

/* A wait for one is a cancellation point, even where it is there. */
static int take(sem_t *semaphore)
{
    int saved = errno;
    pthread_testcancel();
    int failed = NEXT(sem_trywait)(semaphore);
    errno = saved;
    return failed ? EAGAIN : 0;
}

LOCK_HOOK_OF(WAIT_RESTARTS, sem_wait, (sem_t * semaphore), take(semaphore), EAGAIN, (semaphore))
LOCK_HOOK_OF(WAIT_ENDS, sem_timedwait,
             (sem_t *restrict semaphore, const struct timespec *restrict until), take(semaphore),
             EAGAIN, (semaphore, until))
LOCK_HOOK_OF(WAIT_ENDS, sem_clockwait,
             (sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until),
             take(semaphore), EAGAIN, (semaphore, clock, until))
LOCK_HOOK(pthread_mutex_lock, (pthread_mutex_t * mutex), NEXT(pthread_mutex_trylock)(mutex), EBUSY,
          (mutex))
LOCK_HOOK(pthread_mutex_timedlock,
          (pthread_mutex_t *restrict mutex, const struct timespec *restrict until),
          NEXT(pthread_mutex_trylock)(mutex), EBUSY, (mutex, until))
LOCK_HOOK(pthread_mutex_clocklock,
          (pthread_mutex_t *restrict mutex, clockid_t clock, const struct timespec *restrict until),
          NEXT(pthread_mutex_trylock)(mutex), EBUSY, (mutex, clock, until))
LOCK_HOOK(pthread_rwlock_rdlock, (pthread_rwlock_t * lock), NEXT(pthread_rwlock_tryrdlock)(lock),
          EBUSY, (lock))
LOCK_HOOK(pthread_rwlock_wrlock, (pthread_rwlock_t * lock), NEXT(pthread_rwlock_trywrlock)(lock),
          EBUSY, (lock))
LOCK_HOOK(pthread_rwlock_timedrdlock,
          (pthread_rwlock_t *restrict lock, const struct timespec *restrict until),
          NEXT(pthread_rwlock_tryrdlock)(lock), EBUSY, (lock, until))
LOCK_HOOK(pthread_rwlock_timedwrlock,
          (pthread_rwlock_t *restrict lock, const struct timespec *restrict until),
          NEXT(pthread_rwlock_trywrlock)(lock), EBUSY, (lock, until))
LOCK_HOOK(pthread_rwlock_clockrdlock,
          (pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict until),
          NEXT(pthread_rwlock_tryrdlock)(lock), EBUSY, (lock, clock, until))
LOCK_HOOK(pthread_rwlock_clockwrlock,
          (pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict until),
          NEXT(pthread_rwlock_trywrlock)(lock), EBUSY, (lock, clock, until))
LOCK_HOOK(pthread_spin_lock, (pthread_spinlock_t * lock), NEXT(pthread_spin_trylock)(lock), EBUSY,
          (lock))
LOCK_HOOK(mtx_lock, (mtx_t * mutex), NEXT(mtx_trylock)(mutex), thrd_busy, (mutex))
LOCK_HOOK(mtx_timedlock, (mtx_t *restrict mutex, const struct timespec *restrict until),
          NEXT(mtx_trylock)(mutex), thrd_busy, (mutex, until))

HOOK_WHILE(CONCERN_CONNECTIONS, void, flockfile, (FILE * stream), (stream))
{
    int64_t since = 0;
    if (waiting_concerns_thread()) {
        do
            if (NEXT(ftrylockfile)(stream) == 0)
                return;
        while (waiting_a_moment(&since));
        waiting_before_block(WAIT_GOES_ON);
    }
    NEXT(flockfile)(stream);
}

SHIM_ALIAS(flockfile) __typeof__(flockfile) _IO_flockfile;

/* While a thread runs the initializer, for which others wait, C libraries set the lowest bit. A
 * call that runs it itself waits for nobody, and one that comes later for nothing. */
static void before_once(const int *control)
{
    if (waiting_concerns_thread() && (__atomic_load_n(control, __ATOMIC_RELAXED) & 1))
        waiting_before_block(WAIT_GOES_ON);
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, pthread_once,
           (pthread_once_t * control, void (*initialize)(void)), (control, initialize))
{
    before_once(control);
    return NEXT(pthread_once)(control, initialize);
}

HOOK_WHILE(CONCERN_CONNECTIONS, void, call_once, (once_flag * flag, void (*initialize)(void)),
           (flag, initialize))
{
    before_once((const int *)flag);
    NEXT(call_once)(flag, initialize);
}

#ifdef TFOSHIM_TIME64
LOCK_HOOK_OF(WAIT_ENDS, __sem_timedwait64, (sem_t * semaphore, const struct timespec64 *until),
             take(semaphore), EAGAIN, (semaphore, until))
LOCK_HOOK_OF(WAIT_ENDS, __sem_clockwait64,
             (sem_t * semaphore, clockid_t clock, const struct timespec64 *until), take(semaphore),
             EAGAIN, (semaphore, clock, until))
LOCK_HOOK(__pthread_mutex_timedlock64, (pthread_mutex_t * mutex, const struct timespec64 *until),
          NEXT(pthread_mutex_trylock)(mutex), EBUSY, (mutex, until))
LOCK_HOOK(__pthread_mutex_clocklock64,
          (pthread_mutex_t * mutex, clockid_t clock, const struct timespec64 *until),
          NEXT(pthread_mutex_trylock)(mutex), EBUSY, (mutex, clock, until))
LOCK_HOOK(__pthread_rwlock_timedrdlock64, (pthread_rwlock_t * lock, const struct timespec64 *until),
          NEXT(pthread_rwlock_tryrdlock)(lock), EBUSY, (lock, until))
LOCK_HOOK(__pthread_rwlock_timedwrlock64, (pthread_rwlock_t * lock, const struct timespec64 *until),
          NEXT(pthread_rwlock_trywrlock)(lock), EBUSY, (lock, until))
LOCK_HOOK(__pthread_rwlock_clockrdlock64,
          (pthread_rwlock_t * lock, clockid_t clock, const struct timespec64 *until),
          NEXT(pthread_rwlock_tryrdlock)(lock), EBUSY, (lock, clock, until))
LOCK_HOOK(__pthread_rwlock_clockwrlock64,
          (pthread_rwlock_t * lock, clockid_t clock, const struct timespec64 *until),
          NEXT(pthread_rwlock_trywrlock)(lock), EBUSY, (lock, clock, until))
LOCK_HOOK(__mtx_timedlock64, (mtx_t * mutex, const struct timespec64 *until),
          NEXT(mtx_trylock)(mutex), thrd_busy, (mutex, until))
#endif
