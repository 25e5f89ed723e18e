/* SPDX-License-Identifier: MIT */
/*
 * A child that executes a program becomes one that wait() finds and whose end raises SIGCHLD,
 * whatever it was made as. An orphan goes to the next process that adopts such, which may be the
 * program itself. So between the program and the compiler there is a keeper: a child that never
 * executes anything, raises nothing when it ends, and that only a wait with __WCLONE or __WALL
 * finds. It starts the compiler, waits for it, and ends with its answer.
 *
 * The keeper runs in the program's memory, on a stack of its own, beside the program: a copy of a
 * large process would take its time, and memory. So it must not write there: not even errno, which
 * is the thread's that has started it. Its system calls are made bare.
 */
#include "shim/policy_compiler.h"

#include "kernel/call_numbers.h"
#include "kernel/tcp.h"
#include "shim/bare_call.h"
#include "shim/text.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long keeper; /* 0: none */

static struct {
    const char *arguments[9];
    char user[16], claim[16];
    int output; /* what is to be its standard output, or NO_OUTPUT */
} task;

#define NO_OUTPUT (-1)

#ifdef BARE_CALLS

#define STACK_SIZE 16384

static _Alignas(64) char stack[STACK_SIZE];
static const char *const environment[] = {"TFOSHIM_DISABLE=1", NULL};

/* What a kernel before 5.9 has no call for. */
#define DESCRIPTORS_MOST 65536

static void close_from(long first)
{
    if (bare_call(SYS_close_range, first, ~0u, 0, 0) == 0)
        return;
    for (long fd = first; fd < DESCRIPTORS_MOST; fd++)
        bare_call(SYS_close, fd, 0, 0, 0);
}

/* The program's descriptors are not to stay open here when it closes them. */
static void close_all(void)
{
    if (task.output == NO_OUTPUT) {
        close_from(0);
        return;
    }
    bare_call(SYS_dup3, task.output, STDOUT_FILENO, 0, 0);
    bare_call(SYS_close, STDIN_FILENO, 0, 0, 0);
    close_from(STDERR_FILENO);
}

/* Whatever a real-time process has. */
static void be_ordinary(void)
{
    struct sched_param none = {.sched_priority = 0};
    bare_call(SYS_sched_setscheduler, 0, SCHED_OTHER, (long)&none, 0);
}

__attribute__((no_sanitize("address", "thread", "undefined"))) static int keep(void *nothing)
{
    int status = 0;
    long pid;
    (void)nothing;
    close_all();
    bare_call(SYS_setsid, 0, 0, 0, 0);
    be_ordinary();
    pid = bare_spawn(&(struct bare_program){task.arguments[0], task.arguments, environment});
    if (pid < 0 || bare_call(SYS_wait4, pid, (long)&status, 0, 0) != pid || !WIFEXITED(status))
        return pid < 0 ? COMPILER_MISSING : COMPILER_FAILED;
    return WEXITSTATUS(status);
}

static bool start(void)
{
    int saved = errno;
    keeper = clone(keep, stack + STACK_SIZE, CLONE_VM | CLONE_UNTRACED, NULL);
    errno = saved;
    if (keeper < 0)
        keeper = 0;
    return keeper != 0;
}

#else

static bool start(void)
{
    return false;
}

#endif

static const char *decimal(char digits[16], unsigned number)
{
    struct text text = {.used = 0};
    text_add_number(&text, number);
    memcpy(digits, text.bytes, text.used);
    digits[text.used] = '\0';
    return digits;
}

/* `module`: in whose name it is kept; NULL: it is written. */
static void set_task(const char *compiler, const struct policy_wanted *wanted, const char *module)
{
    const struct policy_subject *subject = wanted->subject;
    const char *arguments[] = {
        compiler,
        wanted->file,
        subject->program,
        subject->executable,
        decimal(task.user, subject->user),
        subject->cgroups(),
        module,
        NULL,
        NULL,
    };
    memcpy(task.arguments, arguments, sizeof arguments);
    task.output = NO_OUTPUT;
}

bool policy_compiler_start(const char *compiler, const struct policy_wanted *wanted, int claim)
{
    set_task(compiler, wanted, wanted->module);
    if (claim >= 0)
        task.arguments[7] = decimal(task.claim, (unsigned)claim);
    return start();
}

bool policy_compiler_write(const char *compiler, const struct policy_wanted *wanted, int output)
{
    set_task(compiler, wanted, NULL);
    task.output = output;
    return start();
}

bool policy_compiler_is_started(void)
{
    return keeper != 0;
}

static enum compiler_answer ask(int flags)
{
    int status = 0;
    long ended = tcp_call(SYS_wait4, keeper, (long)&status, flags | __WCLONE, 0, 0, 0);
    if (ended == 0 || ended == -EINTR)
        return COMPILER_AT_WORK;
    keeper = 0;
    if (ended < 0)
        return COMPILER_KEPT;
    if (!WIFEXITED(status))
        return COMPILER_FAILED;
    return WEXITSTATUS(status) <= COMPILER_MISSING ? (enum compiler_answer)WEXITSTATUS(status)
                                                   : COMPILER_MISSING;
}

/* Somebody who waits for children of any kind may have been faster: the cache knows. */
enum compiler_answer policy_compiler_ask(void)
{
    return ask(WNOHANG);
}

enum compiler_answer policy_compiler_wait(void)
{
    return ask(0);
}

void policy_compiler_forked(void)
{
    keeper = 0;
}
