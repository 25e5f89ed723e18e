/* SPDX-License-Identifier: MIT */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "interpret.h"

static const char self[] = "/proc/self/exe";

/* The arguments with which an image of its own goes on. */
struct arguments {
    char *word[8 + SLOTS_MAX];
    char text[8192];
};

static void arguments_make(struct arguments *args, const char *label, int first, int last)
{
    char *end = args->text;
    int count = 0;
    args->word[count++] = (char *)self;
    args->word[count++] = (char *)program_path;
    args->word[count++] = (char *)trace_path;
    args->word[count++] = end;
    end += sprintf(end, "%d", first) + 1;
    args->word[count++] = end;
    end += sprintf(end, "%d", last) + 1;
    args->word[count++] = end;
    end += sprintf(end, "%s", label) + 1;
    for (int i = 0; i < SLOTS_MAX && end < args->text + sizeof args->text - 64; i++)
        if (slots[i].fd >= 0) {
            args->word[count++] = end;
            end += sprintf(end, "%d:%d:%d", i, slots[i].fd, slots[i].family) + 1;
        }
    args->word[count] = NULL;
}

static void label_make(struct run *run, char label[24], const char *kind)
{
    snprintf(label, 24, "%.12s/%s%d", run->label, kind, ++run->children % 1000);
}

/* fork ... end: the child has the lines between to itself */
static void perform_fork(struct run *run, const struct line *line)
{
    int last = block_end(run->at);
    struct run child = {.at = run->at + 1, .last = last};
    pid_t pid;
    (void)line;
    label_make(run, child.label, "child");
    pid = fork();
    if (pid == 0) {
        run_lines(&child);
        _exit(0);
    }
    run->at = last;
    say(run, pid < 0 ? -1 : 0, "%s", "");
}

/* spawn|vfork ... end: the same in an image of its own */
static void perform_spawn(struct run *run, const struct line *line)
{
    int last = block_end(run->at);
    static struct arguments args;
    char label[24];
    pid_t pid = 0;
    int error = 0;
    label_make(run, label, "image");
    arguments_make(&args, label, run->at + 1, last);
    if (word_is(line, 0, "spawn")) {
        error = posix_spawn(&pid, self, NULL, NULL, args.word, environ);
    } else {
        pid = vfork(); /* NOLINT */
        if (pid == 0) {
            execv(self, args.word);
            _exit(127);
        }
    }
    run->at = last;
    errno = error;
    say(run, pid < 0 || error ? -1 : 0, "%s", "");
}

/* exec: the rest of the program in a new image */
static void perform_exec(struct run *run, const struct line *line)
{
    static struct arguments args;
    (void)line;
    arguments_make(&args, run->label, run->at + 1, run->last);
    execv(self, args.word);
    say(run, -1, "%s", "");
}

/* waitall: for all children */
static void perform_waitall(struct run *run, const struct line *line)
{
    int status;
    int sum = 0;
    pid_t pid;
    (void)line;
    while ((pid = wait(&status)) > 0 || errno == EINTR)
        sum += pid > 0 ? status : 0;
    say(run, 0, "statuses=%d", sum);
}

/* exit exit|_exit|quick|number STATUS */
static void perform_exit(struct run *run, const struct line *line)
{
    int status = (int)number_of(line, 2);
    long fds = 0;
    (void)run;
    (void)fds;
    if (word_is(line, 1, "_exit"))
        _exit(status);
    if (word_is(line, 1, "quick"))
        quick_exit(status);
    if (word_is(line, 1, "number"))
        syscall(SYS_exit_group, status);
    exit(status); /* NOLINT: a program may well do so beside its threads */
}

static volatile sig_atomic_t handled;

static void handle(int number)
{
    (void)number;
    handled++;
}

/* handler SIGNAL restart|norestart|ignore|default */
static int signal_of(const char *name)
{
    return strcmp(name, "PIPE") == 0 ? SIGPIPE : strcmp(name, "ALRM") == 0 ? SIGALRM : SIGUSR1;
}

static void perform_handler(struct run *run, const struct line *line)
{
    struct sigaction action = {.sa_handler = handle};
    action.sa_flags = word_is(line, 2, "restart") ? SA_RESTART : 0;
    if (word_is(line, 2, "ignore"))
        action.sa_handler = SIG_IGN;
    if (word_is(line, 2, "default"))
        action.sa_handler = SIG_DFL;
    say(run, sigaction(signal_of(word_of(line, 1)), &action, NULL), "%s", "");
}

/* timer MS: a SIGALRM after so long */
static void perform_timer(struct run *run, const struct line *line)
{
    long ms = number_of(line, 1);
    struct itimerval timer = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};
    say(run, setitimer(ITIMER_REAL, &timer, NULL), "%s", "");
}

/* signals: how many were handled */
static void perform_signals(struct run *run, const struct line *line)
{
    (void)line;
    say(run, handled, "%s", "");
}

/* descriptors: which of the first hundred are open */
static void perform_descriptors(struct run *run, const struct line *line)
{
    char text[300] = "";
    (void)line;
    for (int fd = 0; fd < 100; fd++)
        if (fcntl(fd, F_GETFD) >= 0 && strlen(text) < 290)
            sprintf(text + strlen(text), " %d", fd);
    say(run, 0, "%s", text);
}

const struct operation process_operations[] = {
    {"fork", perform_fork},
    {"spawn", perform_spawn},
    {"vfork", perform_spawn},
    {"exec", perform_exec},
    {"waitall", perform_waitall},
    {"exit", perform_exit},
    {"handler", perform_handler},
    {"timer", perform_timer},
    {"signals", perform_signals},
    {"descriptors", perform_descriptors},
    {NULL, NULL},
};
