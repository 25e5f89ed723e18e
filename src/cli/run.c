/* SPDX-License-Identifier: MIT */
#include "cli/options.h"
#include "cli/preload.h"
#include "cli/target.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "memory/run_figures.h"
#include "policy/rules.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct request {
    const char *config;
    const char *log;
    bool reports;
    bool is_dry;
};

static int take_log(void *of, const struct verb_option *option, const char *level)
{
    struct request *request = of;
    request->log = level;
    for (int i = 0; i < LOG_LEVEL_COUNT; i++)
        if (strcmp(level, log_level_names[i]) == 0)
            return EXIT_SUCCESS;
    return option_unexpected(option, level, "\"none\", \"error\", \"warn\", \"info\" or \"debug\"");
}

static const struct verb_option options[] = {
    {"config", 'c', OPTION_TEXT, .target = offsetof(struct request, config)},
    {"dry-run", .kind = OPTION_FLAG, .target = offsetof(struct request, is_dry)},
    {"log", .kind = OPTION_TAKE, .take = take_log},
    {"stats", .kind = OPTION_FLAG, .target = offsetof(struct request, reports)},
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim run [-c FILE] [--log LEVEL] [--stats | --dry-run] [--] PROGRAM "
    "[ARGUMENT...]\n"
    "\n"
    "Runs a program, and the programs that it starts, with TCP Fast Open.\n"
    "\n"
    "options:\n"
    "  -c, --config FILE  use this configuration instead of searching for one\n"
    "      --dry-run      change nothing; at the end, print what would have been deferred\n"
    "                     and saved\n"
    "      --help         this text\n"
    "      --log LEVEL    log level of the library: none, error, warn, info or debug\n"
    "      --stats        at the end, print on standard error what was deferred and saved\n"
    "\n"
    "The exit status is the program's, or 125 if tfoshim fails, 126 if the program cannot\n"
    "be executed, 127 if it is not found, 2 if the arguments are wrong.\n";

/* ---- a child that behaves towards others like the program ---- */

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

/* Calls `start` in a child, which is to become the program and returns an exit status if it cannot.
 * Signals sent to us are the program's, and when it stops, so do we: as time(1) and sudo(8) do it.
 * A watcher that leaves the program its process would have to report after the program has ended,
 * when whoever waits for it has gone on. Returns its wait status; -1 after a complaint. */
static int run_child(int (*start)(char **argv), char **argv)
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

/* Returns its exit status, or dies of its signal. */
static int end_as(int status)
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

/* ---- what the run saved, or a dry run would have, on standard error ---- */

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* Every deferred connect was opened with data, or started without; or the program left it. */
static void say_clients(const char *what, bool is_dry)
{
    const uint64_t connects = run_figures_get(RUN_CONNECTS);
    complain("%s: %" PRIu64 " connect%s enabled by the policy: %" PRIu64 " %s, %" PRIu64
             " not; SYNs with data: %" PRIu64 ", without: %" PRIu64,
             what, connects, plural(connects), run_figures_get(RUN_DEFERRED),
             is_dry ? "would have been deferred" : "deferred",
             connects - run_figures_get(RUN_DEFERRED), run_figures_get(RUN_OPENED),
             run_figures_get(RUN_STARTED));
}

static void say_gain(const char *what, bool is_dry)
{
    const uint64_t saved = run_figures_get(RUN_ACCEPTED);
    complain("%s: %" PRIu64 " round trip%s %s, %.1f ms in all%s", what, saved, plural(saved),
             is_dry ? "would have been saved" : "saved", run_figures_get(RUN_SAVED_US) / 1e3,
             is_dry ? ", if the servers support Fast Open: see tfoshim probe" : "");
}

static void say_listeners(const char *what, bool is_dry)
{
    const uint64_t listeners = run_figures_get(RUN_LISTENERS);
    const uint64_t taken = run_figures_get(RUN_TAKEN);
    if (is_dry)
        complain("%s: %" PRIu64 " listener%s would have accepted SYN data", what, listeners,
                 plural(listeners));
    else
        complain("%s: %" PRIu64 " listener%s accepted SYN data: %" PRIu64
                 " connection%s with data, %" PRIu64 " guarded, %" PRIu64 " of these unproved",
                 what, listeners, plural(listeners), taken, plural(taken),
                 run_figures_get(RUN_GUARDED), run_figures_get(RUN_UNPROVED));
}

static void say_lost(const char *what)
{
    const uint64_t lost = run_figures_get(RUN_LINES_LOST);
    if (lost > 0)
        complain("%s: %" PRIu64 " log line%s could not be written: see tfoshim check", what, lost,
                 plural(lost));
}

static void print_summary(bool is_dry)
{
    const char *what = is_dry ? "dry run" : "run";
    const bool connects = run_figures_get(RUN_CONNECTS) > 0;
    const bool listeners = run_figures_get(RUN_LISTENERS) > 0;
    if (run_figures_get(RUN_PROGRAMS) == 0)
        complain("%s: no program loaded the library: see tfoshim doctor PROGRAM", what);
    else if (!connects && !listeners)
        complain("%s: nothing matched the policy: see tfoshim explain", what);
    if (connects) {
        say_clients(what, is_dry);
        say_gain(what, is_dry);
    }
    if (listeners)
        say_listeners(what, is_dry);
    say_lost(what);
}

/* ---- the verb ---- */

static int start(char **argv)
{
    char path[PATH_MAX];
    const char *obstacle = NULL;
    if (target_find(path, sizeof path, argv[0]))
        obstacle = target_obstacle(path);
    if (obstacle != NULL)
        complain("run: %s runs without TCP Fast Open: %s, so LD_PRELOAD has no effect", argv[0],
                 obstacle);
    execvp(argv[0], argv);
    complain_errno("run: cannot execute \"%s\"", argv[0]);
    return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

/* AddressSanitizer ends a program that has any library before its own. */
static bool is_left_alone(const char *program)
{
    char path[PATH_MAX], asan[PRELOAD_NAME_MOST];
    if (!target_find(path, sizeof path, program) ||
        !target_lacks_asan(asan, path, getenv("LD_PRELOAD")))
        return false;
    complain("run: %s runs without TCP Fast Open: it is linked with %s, which must come first: "
             "LD_PRELOAD=%s tfoshim run ...",
             program, asan, asan);
    return true;
}

/* Not among the figures of other processes, as the destination memory has them. */
static bool set_figures(void)
{
    char name[64];
    if (run_figures_make(name, sizeof name) && setenv("TFOSHIM_FIGURES", name, 1) == 0)
        return true;
    complain_errno("run: cannot keep statistics");
    return false;
}

/* Somebody has to be there when the program has ended. */
static int start_and_report(char **argv, bool is_dry)
{
    const int status = run_child(start, argv);
    const bool has_started =
        run_figures_get(RUN_PROGRAMS) > 0 || !WIFEXITED(status) ||
        (WEXITSTATUS(status) != EXIT_CANNOT_EXECUTE && WEXITSTATUS(status) != EXIT_NOT_FOUND);
    if (status == -1)
        return EXIT_RUN_FAILED;
    if (has_started)
        print_summary(is_dry);
    return end_as(status);
}

static int run(const struct request *request, char **argv)
{
    const bool reports = request->reports || request->is_dry;
    if (request->log != NULL && setenv("TFOSHIM_LOG", request->log, 1) != 0)
        return EXIT_RUN_FAILED;
    if (request->config != NULL && !preload_config(request->config, "run"))
        return EXIT_RUN_FAILED;
    if (request->is_dry)
        setenv("TFOSHIM_DRY_RUN", "1", 1);
    if ((!is_left_alone(argv[0]) && !preload_set("run")) || (reports && !set_figures()))
        return EXIT_RUN_FAILED;
    return reports ? start_and_report(argv, request->is_dry) : start(argv);
}

int run_main(int argc, char **argv)
{
    static const struct syntax syntax = {"run", help,           options, OPERANDS_PROGRAM,
                                         NULL,  EXIT_RUN_FAILED};
    struct request request = {.config = NULL};
    int status;
    char **words = options_read(&syntax, &request, argc, argv, &status);
    return words != NULL ? run(&request, words) : status;
}
