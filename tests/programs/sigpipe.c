/* SPDX-License-Identifier: MIT */
/*
 * sigpipe ADDRESS PORT: half-closes a connection on which nothing was written and writes then, once
 * for each thing that a program can do about SIGPIPE. For a server in mode sink.
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void count(int signal_number)
{
    (void)signal_number;
    caught++;
}

static void block(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool is_pending(void)
{
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, SIGPIPE) == 1;
}

static void child(const struct address *peer, const char *how)
{
    if (strcmp(how, "ignored") == 0)
        signal(SIGPIPE, SIG_IGN);
    else if (strcmp(how, "caught") == 0)
        signal(SIGPIPE, count);
    else if (strcmp(how, "blocked") == 0)
        block();
    int fd = tcp_socket(peer, false);
    connect_said(fd, peer, false);
    /* Whatever happens up to here must raise nothing. */
    printf("signals after connect: %d%s\n", caught, is_pending() ? ", pending" : "");
    say("shutdown", shutdown(fd, SHUT_WR));
    printf("signals after shutdown: %d%s\n", caught, is_pending() ? ", pending" : "");
    if (strcmp(how, "MSG_NOSIGNAL") == 0)
        say("send", send(fd, "x", 1, MSG_NOSIGNAL));
    else
        say("write", write(fd, "x", 1));
    printf("signals after write: %d%s\n", caught, is_pending() ? ", pending" : "");
    say("close", close(fd));
    _exit(0);
}

int main(int argc, char **argv)
{
    static const char *const ways[] = {"default", "ignored", "caught", "blocked", "MSG_NOSIGNAL"};
    program_start();
    if (argc < 3)
        errx(2, "usage: sigpipe ADDRESS PORT");
    struct address peer = address_parse(argv[1], argv[2]);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        printf("-- %s\n", ways[i]);
        pid_t pid = fork();
        if (pid == 0)
            child(&peer, ways[i]);
        int status;
        waitpid(pid, &status, 0);
        if (WIFSIGNALED(status))
            printf("killed by SIG%s\n", sigabbrev_np(WTERMSIG(status)));
        else
            printf("ended with %d\n", WEXITSTATUS(status));
    }
    return 0;
}
