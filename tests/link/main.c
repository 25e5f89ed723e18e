/* SPDX-License-Identifier: MIT */
/* tfolink: joins two network namespaces by a link with a delay. See usage.c. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <time.h>

#include "arguments.h"
#include "clock.h"
#include "control.h"
#include "link.h"
#include "pcap.h"
#include "tun.h"

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

/* The signals that end it are let in only while it waits. */
static void catch_signals(sigset_t *while_waiting)
{
    struct sigaction action = {.sa_handler = stop};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, while_waiting);
    sigdelset(while_waiting, SIGTERM);
    sigdelset(while_waiting, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* Wake on time: the default would add up to 50 microseconds each way. */
    prctl(PR_SET_TIMERSLACK, 1UL);
}

static void run(struct link *link, struct control *control, const sigset_t *while_waiting)
{
    struct pollfd wait[] = {{link->side[LEFT].tun, POLLIN, 0},
                            {link->side[RIGHT].tun, POLLIN, 0},
                            {control->commands, POLLIN, 0}};
    while (!stopped) {
        int64_t left = link_deliver(link);
        struct timespec timeout = {left / NS_PER_S, left % NS_PER_S};
        control_drained(control, link);
        if (ppoll(wait, 3, left < 0 ? NULL : &timeout, while_waiting) < 0 && errno != EINTR)
            err(1, "cannot wait for packets");
        /* Packets before commands: an answer says that the pcap holds all that was sent. */
        link_take(link, LEFT);
        link_take(link, RIGHT);
        if (wait[2].revents)
            control_read(control, link);
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct control control;
    struct link link = {0};
    sigset_t while_waiting;
    arguments_read(&arguments, argc, argv);
    catch_signals(&while_waiting);
    control_open(&control, arguments.control, arguments.status);
    link.settings = arguments.settings;
    for (int side = 0; side < SIDES; side++)
        link.side[side].pcap = arguments.pcap[side] ? pcap_create(arguments.pcap[side]) : -1;
    for (int side = 0; side < SIDES; side++)
        link.side[side].tun = tun_create(arguments.namespace[side], arguments.device);
    control_answer(&control, "ready");
    run(&link, &control, &while_waiting);
    return 0;
}
