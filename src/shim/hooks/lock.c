/* SPDX-License-Identifier: MIT */
/*
 * Locks: whoever holds one may be waiting for a connect that this thread has deferred. A lock that
 * is free keeps it deferred, for programs lock at every turn.
 */
#include "shim/hook.h"

/* `try` is the same lock's way to be asked without waiting; any answer but `busy` is the answer. */
#define LOCK_HOOK(name, parameters, try, busy, arguments)                                          \
    SHIM_HOOK int name parameters                                                                  \
    {                                                                                              \
        if (wait_thread_defers()) {                                                                \
            int answer = try;                                                                      \
            if (answer != (busy))                                                                  \
                return answer;                                                                     \
            wait_start_all();                                                                      \
        }                                                                                          \
        return NEXT(name) arguments;                                                               \
    }

LOCK_HOOK(pthread_mutex_lock, (pthread_mutex_t * mutex), pthread_mutex_trylock(mutex), EBUSY,
          (mutex))
LOCK_HOOK(pthread_mutex_timedlock,
          (pthread_mutex_t *restrict mutex, const struct timespec *restrict until),
          pthread_mutex_trylock(mutex), EBUSY, (mutex, until))
LOCK_HOOK(pthread_mutex_clocklock,
          (pthread_mutex_t *restrict mutex, clockid_t clock, const struct timespec *restrict until),
          pthread_mutex_trylock(mutex), EBUSY, (mutex, clock, until))
LOCK_HOOK(pthread_rwlock_rdlock, (pthread_rwlock_t * lock), pthread_rwlock_tryrdlock(lock), EBUSY,
          (lock))
LOCK_HOOK(pthread_rwlock_wrlock, (pthread_rwlock_t * lock), pthread_rwlock_trywrlock(lock), EBUSY,
          (lock))
LOCK_HOOK(pthread_rwlock_timedrdlock,
          (pthread_rwlock_t *restrict lock, const struct timespec *restrict until),
          pthread_rwlock_tryrdlock(lock), EBUSY, (lock, until))
LOCK_HOOK(pthread_rwlock_timedwrlock,
          (pthread_rwlock_t *restrict lock, const struct timespec *restrict until),
          pthread_rwlock_trywrlock(lock), EBUSY, (lock, until))
LOCK_HOOK(pthread_rwlock_clockrdlock,
          (pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict until),
          pthread_rwlock_tryrdlock(lock), EBUSY, (lock, clock, until))
LOCK_HOOK(pthread_rwlock_clockwrlock,
          (pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict until),
          pthread_rwlock_trywrlock(lock), EBUSY, (lock, clock, until))
LOCK_HOOK(pthread_spin_lock, (pthread_spinlock_t * lock), pthread_spin_trylock(lock), EBUSY, (lock))
LOCK_HOOK(mtx_lock, (mtx_t * mutex), mtx_trylock(mutex), thrd_busy, (mutex))
LOCK_HOOK(mtx_timedlock, (mtx_t *restrict mutex, const struct timespec *restrict until),
          mtx_trylock(mutex), thrd_busy, (mutex, until))

#ifdef TFOSHIM_TIME64
LOCK_HOOK(__pthread_mutex_timedlock64, (pthread_mutex_t * mutex, const struct timespec64 *until),
          pthread_mutex_trylock(mutex), EBUSY, (mutex, until))
LOCK_HOOK(__pthread_mutex_clocklock64,
          (pthread_mutex_t * mutex, clockid_t clock, const struct timespec64 *until),
          pthread_mutex_trylock(mutex), EBUSY, (mutex, clock, until))
LOCK_HOOK(__pthread_rwlock_timedrdlock64, (pthread_rwlock_t * lock, const struct timespec64 *until),
          pthread_rwlock_tryrdlock(lock), EBUSY, (lock, until))
LOCK_HOOK(__pthread_rwlock_timedwrlock64, (pthread_rwlock_t * lock, const struct timespec64 *until),
          pthread_rwlock_trywrlock(lock), EBUSY, (lock, until))
LOCK_HOOK(__pthread_rwlock_clockrdlock64,
          (pthread_rwlock_t * lock, clockid_t clock, const struct timespec64 *until),
          pthread_rwlock_tryrdlock(lock), EBUSY, (lock, clock, until))
LOCK_HOOK(__pthread_rwlock_clockwrlock64,
          (pthread_rwlock_t * lock, clockid_t clock, const struct timespec64 *until),
          pthread_rwlock_trywrlock(lock), EBUSY, (lock, clock, until))
LOCK_HOOK(__mtx_timedlock64, (mtx_t * mutex, const struct timespec64 *until), mtx_trylock(mutex),
          thrd_busy, (mutex, until))
#endif
