/* SPDX-License-Identifier: MIT */
/*
 * interrupted ADDRESS PORT HOW: signals at every moment of a connection's life. For a server in
 * mode answer.
 *
 *   ending    a signal every two milliseconds, and calls that are not restarted, while a connection
 *             is written on, half-closed and closed before the handshake is over
 *   handler   the signal's handler makes connections of its own, from beginning to end, in the
 *             middle of the program's
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 5

static struct address peer;
static volatile sig_atomic_t served;

/* From beginning to end; did all go well? */
static bool converse(void)
{
    char byte;
    int fd = tcp_socket(&peer, false);
    bool good = connect(fd, address_get(&peer), peer.length) == 0 && send(fd, "hello", 5, 0) == 5 &&
                shutdown(fd, SHUT_WR) == 0;
    while (good && read(fd, &byte, 1) == 1) {}
    return close(fd) == 0 && good;
}

static void do_nothing(int number)
{
    (void)number;
}

static void serve_oneself(int number)
{
    int saved = errno;
    (void)number;
    if (served < CONNECTIONS && converse())
        served++;
    errno = saved;
}

static void signal_every(long first_ms, long ms, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec times = {.it_value.tv_nsec = first_ms * 1000000,
                               .it_interval.tv_nsec = ms * 1000000};
    timer_t timer;
    if (sigaction(SIGUSR1, &action, NULL) != 0 || timer_create(CLOCK_MONOTONIC, &event, &timer) ||
        timer_settime(timer, 0, &times, NULL) != 0)
        err(2, "timer");
}

/* Non-blocking, so that nothing is waited for but the ending: plain calls would be EINTR. */
static void end_amid_signals(void)
{
    int fd = tcp_socket(&peer, true);
    if (!connect_said(fd, &peer, true))
        return;
    signal_every(1, 2, do_nothing, 0);
    say("send", send(fd, "hello", 5, 0));
    say("shutdown", shutdown(fd, SHUT_WR));
    say("close", close(fd));
}

static void converse_amid_others(void)
{
    int good = 0;
    signal_every(20, 35, serve_oneself, SA_RESTART);
    for (int i = 0; i < CONNECTIONS; i++)
        good += converse();
    while (served < CONNECTIONS)
        pause();
    printf("conversations: %d, of the handler: %d\n", good, (int)served);
}

int main(int argc, char **argv)
{
    program_start();
    if (argc != 4)
        errx(2, "usage: interrupted ADDRESS PORT HOW");
    peer = address_parse(argv[1], argv[2]);
    if (strcmp(argv[3], "ending") == 0)
        end_amid_signals();
    else
        converse_amid_others();
    return 0;
}
