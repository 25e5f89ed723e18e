/* SPDX-License-Identifier: MIT */
/* Waiting for another thread to end or to tell. */
#include "rendezvous.h"

#include <semaphore.h>
#include <threads.h>

static sem_t semaphore;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct {
    mtx_t lock;
    cnd_t condition;
    thrd_t thread;
} c11;

static long wait_join(void)
{
    return pthread_join(acceptor, NULL);
}

static void take_semaphore(void)
{
    sem_init(&semaphore, 0, 0);
}

static void post(void)
{
    sem_post(&semaphore);
}

static long wait_sem(void)
{
    return sem_wait(&semaphore);
}

static long wait_sem_timed(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_REALTIME);
    return sem_timedwait(&semaphore, &limit);
}

static long wait_sem_clock(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_MONOTONIC);
    return sem_clockwait(&semaphore, CLOCK_MONOTONIC, &limit);
}

static void broadcast(void)
{
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&lock);
}

static void hold_and_wait(int how)
{
    struct timespec realtime = after_half_a_minute(CLOCK_REALTIME);
    struct timespec monotonic = after_half_a_minute(CLOCK_MONOTONIC);
    pthread_mutex_lock(&lock);
    while (!accepted)
        if (how == 0)
            pthread_cond_wait(&condition, &lock);
        else if (how == 1)
            pthread_cond_timedwait(&condition, &lock, &realtime);
        else
            pthread_cond_clockwait(&condition, &lock, CLOCK_MONOTONIC, &monotonic);
    pthread_mutex_unlock(&lock);
}

static long wait_cond(void)
{
    hold_and_wait(0);
    return 0;
}

static long wait_cond_timed(void)
{
    hold_and_wait(1);
    return 0;
}

static long wait_cond_clock(void)
{
    hold_and_wait(2);
    return 0;
}

static void take_c11(void)
{
    mtx_init(&c11.lock, mtx_timed);
    cnd_init(&c11.condition);
}

static void broadcast_c11(void)
{
    mtx_lock(&c11.lock);
    cnd_broadcast(&c11.condition);
    mtx_unlock(&c11.lock);
}

static long wait_cnd_until(const struct timespec *limit)
{
    mtx_lock(&c11.lock);
    while (!accepted)
        if (limit != NULL)
            cnd_timedwait(&c11.condition, &c11.lock, limit);
        else
            cnd_wait(&c11.condition, &c11.lock);
    return mtx_unlock(&c11.lock);
}

static long wait_cnd(void)
{
    return wait_cnd_until(NULL);
}

static long wait_cnd_timed(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_REALTIME);
    return wait_cnd_until(&limit);
}

static void take_barrier(void)
{
    pthread_barrier_init(&barrier, NULL, 2);
}

static void arrive(void)
{
    pthread_barrier_wait(&barrier);
}

static long wait_barrier(void)
{
    int result = pthread_barrier_wait(&barrier);
    return result == PTHREAD_BARRIER_SERIAL_THREAD ? 0 : result;
}

/* A thread that lives until the connection has been accepted. */
static void *live(void *unused)
{
    (void)unused;
    sem_wait(&semaphore);
    return NULL;
}

static int live_c11(void *unused)
{
    return live(unused) != NULL;
}

static pthread_t other;

static void take_other(void)
{
    take_semaphore();
    pthread_create(&other, NULL, live, NULL);
}

static void take_c11_other(void)
{
    take_semaphore();
    thrd_create(&c11.thread, live_c11, NULL);
}

static long wait_join_timed(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_REALTIME);
    return pthread_timedjoin_np(other, NULL, &limit);
}

static long wait_join_clock(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_MONOTONIC);
    return pthread_clockjoin_np(other, NULL, CLOCK_MONOTONIC, &limit);
}

static long wait_thrd_join(void)
{
    return thrd_join(c11.thread, NULL);
}

/* The one that runs the routine holds up all others that ask for it. */
static sem_t inside;

static void routine(void)
{
    sem_post(&inside);
    sem_wait(&semaphore);
}

static void *run_once(void *unused)
{
    (void)unused;
    pthread_once(&once, routine);
    return NULL;
}

static void take_once(void)
{
    take_semaphore();
    sem_init(&inside, 0, 0);
    pthread_create(&other, NULL, run_once, NULL);
    sem_wait(&inside);
}

static once_flag flag = ONCE_FLAG_INIT;

static void *run_once_c11(void *unused)
{
    (void)unused;
    call_once(&flag, routine);
    return NULL;
}

static void take_once_c11(void)
{
    take_semaphore();
    sem_init(&inside, 0, 0);
    pthread_create(&other, NULL, run_once_c11, NULL);
    sem_wait(&inside);
}

static long wait_once_c11(void)
{
    call_once(&flag, routine);
    return 0;
}

static long wait_once(void)
{
    return pthread_once(&once, routine);
}

const struct way thread_ways[] = {
    {"pthread_join", wait_join, NULL, NULL, NULL}, /* the first one: nobody else may join */
    {"pthread_timedjoin_np", wait_join_timed, take_other, post, NULL},
    {"pthread_clockjoin_np", wait_join_clock, take_other, post, NULL},
    {"thrd_join", wait_thrd_join, take_c11_other, post, NULL},
    {"sem_wait", wait_sem, take_semaphore, post, NULL},
    {"sem_timedwait", wait_sem_timed, take_semaphore, post, NULL},
    {"sem_clockwait", wait_sem_clock, take_semaphore, post, NULL},
    {"pthread_cond_wait", wait_cond, NULL, broadcast, NULL},
    {"pthread_cond_timedwait", wait_cond_timed, NULL, broadcast, NULL},
    {"pthread_cond_clockwait", wait_cond_clock, NULL, broadcast, NULL},
    {"cnd_wait", wait_cnd, take_c11, broadcast_c11, NULL},
    {"cnd_timedwait", wait_cnd_timed, take_c11, broadcast_c11, NULL},
    {"pthread_barrier_wait", wait_barrier, take_barrier, arrive, NULL},
    {"pthread_once", wait_once, take_once, post, NULL},
    {"call_once", wait_once_c11, take_once_c11, post, NULL},
    {0},
};
