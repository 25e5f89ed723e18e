/* SPDX-License-Identifier: MIT */
/*
 * As time(1) and sudo(8) do it. A watcher that leaves the program its process would have to report
 * after the program has ended, when whoever waits for it has gone on.
 */
#include "cli/run_child.h"
#include "cli/util.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals that our own faults raise stay ours; all others are forwarded. */
static void set_of_theirs(sigset_t *set)
{
    static const int ours[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    sigfillset(set);
    for (unsigned i = 0; i < sizeof ours / sizeof ours[0]; i++)
        sigdelset(set, ours[i]);
}

/* A terminal's signals reach the program by themselves, for it is in our process group; so do those
 * that it sends to the group. */
static void hand_on(pid_t program, const siginfo_t *info)
{
    const bool is_sent =
        info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;
    if (is_sent && info->si_pid != program)
        kill(program, info->si_signo);
}

/* True when the program has ended. The shell, which sees us and not the program, is to see that it
 * has stopped. */
static bool has_ended(pid_t program, int *status)
{
    while (waitpid(program, status, WNOHANG | WUNTRACED) == program) {
        if (!WIFSTOPPED(*status))
            return true;
        raise(SIGSTOP);
    }
    return false;
}

/* SIGKILL cannot be forwarded: the program gets it when its parent dies. */
static void __attribute__((noreturn))
become(int (*start)(char **argv), char **argv, pid_t parent, const sigset_t *mask)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        raise(SIGKILL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    _exit(start(argv));
}

int run_child(int (*start)(char **argv), char **argv)
{
    const struct sigaction by_default = {.sa_handler = SIG_DFL};
    struct sigaction children;
    sigset_t theirs, mask;
    siginfo_t info;
    pid_t program, self = getpid();
    int status = -1;
    set_of_theirs(&theirs);
    sigprocmask(SIG_BLOCK, &theirs, &mask);
    /* Where it is ignored, children leave no status. */
    sigaction(SIGCHLD, &by_default, &children);
    program = fork();
    if (program < 0) {
        complain_errno("run: cannot create a process");
        return -1;
    }
    if (program == 0) {
        sigaction(SIGCHLD, &children, NULL);
        become(start, argv, self, &mask);
    }
    while (!has_ended(program, &status))
        if (sigwaitinfo(&theirs, &info) > 0 && info.si_signo != SIGCHLD)
            hand_on(program, &info);
    return status;
}

int run_child_end(int status)
{
    const struct sigaction by_default = {.sa_handler = SIG_DFL};
    const struct rlimit none = {0, 0};
    sigset_t set;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    /* The program has left its core, if any. */
    setrlimit(RLIMIT_CORE, &none);
    sigaction(WTERMSIG(status), &by_default, NULL);
    sigemptyset(&set);
    sigaddset(&set, WTERMSIG(status));
    raise(WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    return 128 + WTERMSIG(status);
}
