/* SPDX-License-Identifier: MIT */
/*
 * Every other wait that a thread can enter through the C library: the connects that it has deferred
 * must not wait with it. A wait that returns at once starts them too, unless its arguments say that
 * it will: when in doubt, start.
 */
#include "shim/hooks/wait_hook.h"

#include "kernel/tcp.h"
#include "shim/hooks/inner.h"
#include "shim/sharing.h"

#define SECOND INT64_C(1000000000)

WAIT_HOOK(int, pthread_cond_wait,
          (pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex), (condition, mutex))
WAIT_HOOK(int, pthread_cond_timedwait,
          (pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
           const struct timespec *restrict until),
          (condition, mutex, until))
WAIT_HOOK(int, pthread_cond_clockwait,
          (pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, clockid_t clock,
           const struct timespec *restrict until),
          (condition, mutex, clock, until))
WAIT_HOOK(int, pthread_barrier_wait, (pthread_barrier_t * barrier), (barrier))
WAIT_HOOK(int, pthread_join, (pthread_t thread, void **result), (thread, result))
WAIT_HOOK(int, pthread_timedjoin_np,
          (pthread_t thread, void **result, const struct timespec *until), (thread, result, until))
WAIT_HOOK(int, pthread_clockjoin_np,
          (pthread_t thread, void **result, clockid_t clock, const struct timespec *until),
          (thread, result, clock, until))
WAIT_HOOK(int, cnd_wait, (cnd_t * condition, mtx_t *mutex), (condition, mutex))
WAIT_HOOK(int, cnd_timedwait,
          (cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until),
          (condition, mutex, until))
WAIT_HOOK(int, thrd_join, (thrd_t thread, int *result), (thread, result))

/* What lingers is given its time within the sleep. Returns 0, or EINTR and what is left. */
static int sleep_for(int64_t nanoseconds, int64_t *left)
{
    enum waited waited = waiting_before_sleep(nanoseconds, left);
    if (waited == WAITED_ENOUGH && *left > 0) {
        struct timespec rest = {(time_t)(*left / SECOND), (long)(*left % SECOND)};
        *left = NEXT(nanosleep)(&rest, &rest) ? rest.tv_sec * SECOND + rest.tv_nsec : 0;
    }
    return *left > 0 ? EINTR : 0;
}

HOOK_WHILE(CONCERN_CONNECTIONS, unsigned, sleep, (unsigned seconds), (seconds))
{
    int64_t left;
    if (!waiting_concerns_thread())
        return NEXT(sleep)(seconds);
    return sleep_for(seconds * SECOND, &left) ? (unsigned)(left / SECOND) : 0;
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, usleep, (useconds_t microseconds), (microseconds))
{
    int64_t left;
    if (!waiting_concerns_thread())
        return NEXT(usleep)(microseconds);
    return sleep_for(microseconds * INT64_C(1000), &left) ? hook_fail(EINTR) : 0;
}

/* The same of a time that the program has given. */
static int sleep_given(int64_t nanoseconds, struct timespec *left)
{
    int64_t rest;
    int error = sleep_for(nanoseconds, &rest);
    if (error && left)
        *left = (struct timespec){(time_t)(rest / SECOND), (long)(rest % SECOND)};
    return error;
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, nanosleep,
           (const struct timespec *time, struct timespec *left), (time, left))
{
    int64_t length;
    if (!waiting_concerns_thread() || !time || !timeout_of(time, &length))
        return NEXT(nanosleep)(time, left);
    return sleep_given(length, left) ? hook_fail(EINTR) : 0;
}

SHIM_ALIAS(nanosleep) __typeof__(nanosleep) __nanosleep;

HOOK_WHILE(CONCERN_CONNECTIONS, int, clock_nanosleep,
           (clockid_t clock, int flags, const struct timespec *time, struct timespec *left),
           (clock, flags, time, left))
{
    int64_t length;
    if (waiting_concerns_thread() && flags == 0 && time && timeout_of(time, &length) &&
        (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC))
        return sleep_given(length, left);
    if (!waiting_before_block(WAIT_ENDS))
        return EINTR;
    return NEXT(clock_nanosleep)(clock, flags, time, left);
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, thrd_sleep,
           (const struct timespec *time, struct timespec *left), (time, left))
{
    int64_t length;
    if (!waiting_concerns_thread() || !time || !timeout_of(time, &length))
        return NEXT(thrd_sleep)(time, left);
    return sleep_given(length, left) ? -1 : 0;
}

WAIT_HOOK_ENDED(int, pause, (void), ())
WAIT_HOOK_ENDED(int, sigsuspend, (const sigset_t *mask), (mask))
SHIM_ALIAS(sigsuspend) __typeof__(sigsuspend) __sigsuspend;
WAIT_HOOK(int, sigwait, (const sigset_t *restrict set, int *restrict signal_number),
          (set, signal_number))

static const struct timespec at_once = {0, 0};

WAIT_HOOK_ATTEMPTING(WAIT_ENDS, true, int, sigwaitinfo,
                     (const sigset_t *restrict set, siginfo_t *restrict info), (set, info),
                     NEXT(sigtimedwait)(set, info, &at_once), wait_is_taken)
WAIT_HOOK_ATTEMPTING(WAIT_ENDS, true, int, sigtimedwait,
                     (const sigset_t *restrict set, siginfo_t *restrict info,
                      const struct timespec *restrict timeout),
                     (set, info, timeout), NEXT(sigtimedwait)(set, info, &at_once), wait_is_taken)

/* 0: no child has ended. */
static int child_now(idtype_t type, id_t id, siginfo_t *info, int options)
{
    siginfo_t found;
    if (!info)
        info = &found;
    info->si_pid = 0;
    int result = NEXT(waitid)(type, id, info, options | WNOHANG);
    return result == 0 && info->si_pid != 0 ? 1 : result;
}

WAIT_HOOK_ATTEMPTING(WAIT_RESTARTS, true, pid_t, wait, (int *status), (status),
                     NEXT(waitpid)(-1, status, WNOHANG), wait_no_child)
SHIM_ALIAS(wait) __typeof__(wait) __wait;
WAIT_HOOK_ATTEMPTING(WAIT_RESTARTS, !(options & WNOHANG), pid_t, waitpid,
                     (pid_t pid, int *status, int options), (pid, status, options),
                     NEXT(waitpid)(pid, status, options | WNOHANG), wait_no_child)
SHIM_ALIAS(waitpid) __typeof__(waitpid) __waitpid;
WAIT_HOOK_ATTEMPTING(WAIT_RESTARTS, !(options & WNOHANG), pid_t, wait3,
                     (int *status, int options, struct rusage *usage), (status, options, usage),
                     NEXT(wait3)(status, options | WNOHANG, usage), wait_no_child)
WAIT_HOOK_ATTEMPTING(WAIT_RESTARTS, !(options & WNOHANG), pid_t, wait4,
                     (pid_t pid, int *status, int options, struct rusage *usage),
                     (pid, status, options, usage),
                     NEXT(wait4)(pid, status, options | WNOHANG, usage), wait_no_child)

static int wait_for_id(idtype_t type, id_t id, siginfo_t *info, int options)
{
    WAIT_ATTEMPTING(WAIT_RESTARTS, int, child_now(type, id, info, options), wait_no_child);
    return NEXT(waitid)(type, id, info, options);
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
           (type, id, info, options))
{
    if (!(options & WNOHANG)) {
        int result = wait_for_id(type, id, info, options);
        return result < 0 ? result : 0;
    }
    waiting_looked();
    return NEXT(waitid)(type, id, info, options);
}

WAIT_HOOK_ATTEMPTING(WAIT_RESTARTS, !(operation & (LOCK_NB | LOCK_UN)), int, flock,
                     (int fd, int operation), (fd, operation), NEXT(flock)(fd, operation | LOCK_NB),
                     wait_is_taken)
WAIT_HOOK_ATTEMPTING(WAIT_RESTARTS, command == F_LOCK, int, lockf,
                     (int fd, int command, off_t length), (fd, command, length),
                     NEXT(lockf)(fd, F_TLOCK, length), wait_is_taken)
WAIT_HOOK_ATTEMPTING(WAIT_RESTARTS, command == F_LOCK, int, lockf64,
                     (int fd, int command, off64_t length), (fd, command, length),
                     NEXT(lockf64)(fd, F_TLOCK, length), wait_is_taken)
WAIT_HOOK_ATTEMPTING(WAIT_ENDS, !(flags & IPC_NOWAIT), ssize_t, msgrcv,
                     (int queue, void *message, size_t size, long type, int flags),
                     (queue, message, size, type, flags),
                     NEXT(msgrcv)(queue, message, size, type, flags | IPC_NOWAIT), wait_is_taken)
WAIT_HOOK_ATTEMPTING(WAIT_ENDS, !(flags & IPC_NOWAIT), int, msgsnd,
                     (int queue, const void *message, size_t size, int flags),
                     (queue, message, size, flags),
                     NEXT(msgsnd)(queue, message, size, flags | IPC_NOWAIT), wait_is_taken)
WAIT_HOOK(int, semop, (int semaphore, struct sembuf *operations, size_t count),
          (semaphore, operations, count))
WAIT_HOOK(int, semtimedop,
          (int semaphore, struct sembuf *operations, size_t count, const struct timespec *timeout),
          (semaphore, operations, count, timeout))

/* A message queue is a descriptor. */
#define QUEUE_HOOK(type, events, name, parameters, arguments)                                      \
    HOOK_WHILE(CONCERN_CONNECTIONS, type, name, parameters, arguments)                             \
    {                                                                                              \
        return waiting_before_call(queue, events) ? NEXT(name) arguments : -1;                     \
    }

QUEUE_HOOK(ssize_t, POLLIN, mq_receive,
           (mqd_t queue, char *message, size_t size, unsigned *priority),
           (queue, message, size, priority))
QUEUE_HOOK(ssize_t, POLLIN, mq_timedreceive,
           (mqd_t queue, char *restrict message, size_t size, unsigned *restrict priority,
            const struct timespec *restrict until),
           (queue, message, size, priority, until))
QUEUE_HOOK(int, POLLOUT, mq_send,
           (mqd_t queue, const char *message, size_t size, unsigned priority),
           (queue, message, size, priority))
QUEUE_HOOK(int, POLLOUT, mq_timedsend,
           (mqd_t queue, const char *message, size_t size, unsigned priority,
            const struct timespec *until),
           (queue, message, size, priority, until))
WAIT_HOOK(int, aio_suspend,
          (const struct aiocb *const list[], int count, const struct timespec *timeout),
          (list, count, timeout))
WAIT_HOOK(int, aio_suspend64,
          (const struct aiocb64 *const list[], int count, const struct timespec *timeout),
          (list, count, timeout))
HOOK_WHILE(CONCERN_CONNECTIONS, int, eventfd_read, (int fd, eventfd_t *value), (fd, value))
{
    return waiting_before_call(fd, POLLIN) ? NEXT(eventfd_read)(fd, value) : -1;
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, eventfd_write, (int fd, eventfd_t value), (fd, value))
{
    return waiting_before_call(fd, POLLOUT) ? NEXT(eventfd_write)(fd, value) : -1;
}

WAIT_HOOK(int, tcdrain, (int fd), (fd))
WAIT_HOOK(char *, getpass, (const char *prompt), (prompt))
WAIT_HOOK(int, pthread_mutex_setprioceiling,
          (pthread_mutex_t *restrict mutex, int ceiling, int *restrict old), (mutex, ceiling, old))
WAIT_HOOK_ENDED(int, sigpause, (int mask), (mask))
WAIT_HOOK_ENDED(int, __sigpause, (int signal_or_mask, int is_signal), (signal_or_mask, is_signal))
WAIT_HOOK_ENDED(int, __xpg_sigpause, (int signal_number), (signal_number))

/* No wait, but a thread that yields again and again does wait. */
HOOK_WHILE(CONCERN_CONNECTIONS, int, sched_yield, (void), ())
{
    waiting_looked();
    return NEXT(sched_yield)();
}

SHIM_ALIAS(sched_yield) __typeof__(sched_yield) __sched_yield;

HOOK_WHILE(CONCERN_CONNECTIONS, void, thrd_yield, (void), ())
{
    waiting_looked();
    NEXT(thrd_yield)();
}

/* These wait for a child, to which the descriptors go as well. */
HOOK_WHILE(CONCERN_DESCRIPTORS, int, system, (const char *command), (command))
{
    waiting_before_block(WAIT_GOES_ON);
    sharing_before_spawn(NULL);
    return NEXT(system)(command);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, FILE *, popen, (const char *command, const char *mode),
           (command, mode))
{
    sharing_before_spawn(NULL);
    return NEXT(popen)(command, mode);
}

SHIM_ALIAS(popen) __typeof__(popen) _IO_popen;

/* Words may be what a command says. */
HOOK_WHILE(CONCERN_DESCRIPTORS, int, wordexp,
           (const char *restrict text, wordexp_t *restrict words, int flags), (text, words, flags))
{
    if (!(flags & WRDE_NOCMD)) {
        waiting_before_block(WAIT_GOES_ON);
        sharing_before_spawn(NULL);
    }
    return NEXT(wordexp)(text, words, flags);
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, pclose, (FILE * stream), (stream))
{
    waiting_before_block(WAIT_GOES_ON);
    return NEXT(pclose)(stream);
}

#ifdef TFOSHIM_TIME64
WAIT_HOOK(int, __pthread_cond_timedwait64,
          (pthread_cond_t * condition, pthread_mutex_t *mutex, const struct timespec64 *until),
          (condition, mutex, until))
WAIT_HOOK(int, __pthread_cond_clockwait64,
          (pthread_cond_t * condition, pthread_mutex_t *mutex, clockid_t clock,
           const struct timespec64 *until),
          (condition, mutex, clock, until))
WAIT_HOOK(int, __pthread_timedjoin_np64,
          (pthread_t thread, void **result, const struct timespec64 *until),
          (thread, result, until))
WAIT_HOOK(int, __pthread_clockjoin_np64,
          (pthread_t thread, void **result, clockid_t clock, const struct timespec64 *until),
          (thread, result, clock, until))
WAIT_HOOK(int, __cnd_timedwait64, (cnd_t * condition, mtx_t *mutex, const struct timespec64 *until),
          (condition, mutex, until))
WAIT_HOOK(int, __thrd_sleep64, (const struct timespec64 *time, struct timespec64 *left),
          (time, left))
WAIT_HOOK(int, __nanosleep64, (const struct timespec64 *time, struct timespec64 *left),
          (time, left))
WAIT_HOOK(int, __clock_nanosleep_time64,
          (clockid_t clock, int flags, const struct timespec64 *time, struct timespec64 *left),
          (clock, flags, time, left))
WAIT_HOOK(int, __sigtimedwait64,
          (const sigset_t *set, siginfo_t *info, const struct timespec64 *timeout),
          (set, info, timeout))
WAIT_HOOK_ATTEMPTING(WAIT_RESTARTS, !(options & WNOHANG), pid_t, __wait3_time64,
                     (int *status, int options, struct rusage64 *usage), (status, options, usage),
                     NEXT(__wait3_time64)(status, options | WNOHANG, usage), wait_no_child)
WAIT_HOOK_ATTEMPTING(WAIT_RESTARTS, !(options & WNOHANG), pid_t, __wait4_time64,
                     (pid_t pid, int *status, int options, struct rusage64 *usage),
                     (pid, status, options, usage),
                     NEXT(__wait4_time64)(pid, status, options | WNOHANG, usage), wait_no_child)
WAIT_HOOK(int, __semtimedop64,
          (int semaphore, struct sembuf *operations, size_t count,
           const struct timespec64 *timeout),
          (semaphore, operations, count, timeout))
QUEUE_HOOK(ssize_t, POLLIN, __mq_timedreceive_time64,
           (mqd_t queue, char *message, size_t size, unsigned *priority,
            const struct timespec64 *until),
           (queue, message, size, priority, until))
QUEUE_HOOK(int, POLLOUT, __mq_timedsend_time64,
           (mqd_t queue, const char *message, size_t size, unsigned priority,
            const struct timespec64 *until),
           (queue, message, size, priority, until))
WAIT_HOOK(int, __aio_suspend_time64,
          (const struct aiocb *const list[], int count, const struct timespec64 *timeout),
          (list, count, timeout))
#endif
