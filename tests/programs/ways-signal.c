/* SPDX-License-Identifier: MIT */
/* Waiting for a signal, which is blocked but in the waits themselves. */
#include "named.h"
#include "rendezvous.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

NAMED(int, __sigsuspend, const sigset_t *);
NAMED(int, sigpause, int);
NAMED(int, __sigpause, int, int);
NAMED(int, __xpg_sigpause, int);

static atomic_bool interrupted;

static sigset_t the_signal(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    return set;
}

static void ignore(int number)
{
    (void)number;
}

static void take_signal(void)
{
    signal(SIGNAL, ignore);
}

static void send_signal(void)
{
    pthread_kill(connector, SIGNAL);
}

/* For a wait that a signal may come too early for. */
static void send_signals(void)
{
    while (!interrupted) {
        send_signal();
        usleep(1000);
    }
}

static long wait_sigwait(void)
{
    sigset_t set = the_signal();
    int number;
    return sigwait(&set, &number) == 0 && number == SIGNAL;
}

static long wait_sigwaitinfo(void)
{
    sigset_t set = the_signal();
    return sigwaitinfo(&set, NULL) == SIGNAL;
}

static long wait_sigtimedwait(void)
{
    sigset_t set = the_signal();
    struct timespec limit = {.tv_sec = 30};
    return sigtimedwait(&set, NULL, &limit) == SIGNAL;
}

static long wait_sigsuspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    return sigsuspend(&none);
}

static long wait_sigsuspend_alias(void)
{
    sigset_t none;
    sigemptyset(&none);
    return named___sigsuspend(&none);
}

/* BSD's takes a mask. */
static long wait_sigpause(void)
{
    return named_sigpause(0);
}

static long wait_sigpause_either(void)
{
    return named___sigpause(SIGNAL, 1);
}

static long wait_sigpause_xpg(void)
{
    return named___xpg_sigpause(SIGNAL);
}

static long wait_pause(void)
{
    sigset_t set = the_signal();
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    int result = pause();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    interrupted = 1;
    return errno == EINTR ? result : 0;
}

const struct way signal_ways[] = {
    {"sigwait", wait_sigwait, take_signal, send_signal, NULL},
    {"sigwaitinfo", wait_sigwaitinfo, take_signal, send_signal, NULL},
    {"sigtimedwait", wait_sigtimedwait, take_signal, send_signal, NULL},
    {"sigsuspend", wait_sigsuspend, take_signal, send_signal, NULL},
    {"__sigsuspend", wait_sigsuspend_alias, take_signal, send_signal, NULL},
    {"sigpause", wait_sigpause, take_signal, send_signal, NULL},
    {"__sigpause", wait_sigpause_either, take_signal, send_signal, NULL},
    {"__xpg_sigpause", wait_sigpause_xpg, take_signal, send_signal, NULL},
    {"pause", wait_pause, take_signal, send_signals, NULL},
    {0},
};
