/* SPDX-License-Identifier: MIT */
/*
 * tfoshim-compile FILE PROGRAM EXECUTABLE USER CGROUPS [MODULE [CLAIM]]
 *
 * Compiles a configuration for a process (policy/subject.h) and keeps the policy where the
 * preloaded library finds it, or what is wrong with the file. Started by the library when a
 * configuration has changed under a running program, with no descriptor, all signals blocked and an
 * empty environment. Says nothing: the library does. Without MODULE it writes the policy to its
 * standard output: for a library that opens no module at its start-up.
 */
#include "kernel/tcp.h"
#include "policy/compile.h"
#include "policy/flat.h"
#include "shim/policy_cache.h"
#include "shim/policy_compiler.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SECONDS_MOST 60

/* What is opened from now on is none of the three. */
static void have_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* A file server that does not answer is not waited for. */
static void have_an_end(void)
{
    sigset_t none;
    signal(SIGALRM, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(SECONDS_MOST);
}

static void ignore(void *context, const char *message)
{
    (void)context, (void)message;
}

/* Those of whom it compiles for, which need not be its own. */
static const char *given_cgroups;

static const char *cgroups(void)
{
    return given_cgroups;
}

static enum compiler_answer compile(struct policy_wanted *wanted)
{
    const struct policy *policy;
    if (policy_cache_find(wanted) != NULL)
        return COMPILER_KEPT;
    policy = policy_compile_any(wanted->file, wanted->subject, ignore, NULL);
    if (policy == NULL || !policy_is_usable(policy))
        return COMPILER_FAILED;
    if (policy->unsettled)
        return COMPILER_UNSETTLED;
    return policy_cache_keep(wanted, policy) == policy ? COMPILER_FAILED : COMPILER_KEPT;
}

static enum compiler_answer write_out(const struct policy_wanted *wanted)
{
    const struct policy *policy = policy_compile_any(wanted->file, wanted->subject, ignore, NULL);
    size_t done = 0;
    if (policy == NULL)
        return COMPILER_FAILED;
    while (done < policy_size(policy)) {
        ssize_t written =
            write(STDOUT_FILENO, (const char *)policy + done, policy_size(policy) - done);
        if (written <= 0)
            return COMPILER_FAILED;
        done += (size_t)written;
    }
    return COMPILER_KEPT;
}

int main(int argc, char **argv)
{
    struct policy_subject subject = {.cgroups = cgroups};
    struct policy_wanted wanted = {.subject = &subject};
    enum compiler_answer answer;
    have_descriptors();
    have_an_end();
    kernel_syscall = syscall;
    if (argc < 6)
        return COMPILER_FAILED;
    wanted.file = argv[1];
    subject.program = argv[2];
    subject.executable = argv[3];
    subject.user = (uid_t)strtoul(argv[4], NULL, 10);
    given_cgroups = argv[5];
    if (argc == 6)
        return write_out(&wanted);
    wanted.module = argv[6];
    answer = compile(&wanted);
    if (argc > 7)
        policy_cache_withdraw((int)strtol(argv[7], NULL, 10));
    return answer;
}
