/* SPDX-License-Identifier: MIT */
/*
 * tfoshim-compile FILE PROGRAM ALIAS MODULE [CLAIM]
 *
 * Compiles a configuration for a program and keeps the policy where the preloaded library finds it,
 * or what is wrong with the file. Started by the library when a configuration has changed under a
 * running program, with no descriptor, all signals blocked and an empty environment. Says nothing:
 * the library does.
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
    while (open("/dev/null", O_RDWR) >= 0 && fcntl(STDERR_FILENO, F_GETFD) < 0) {}
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

static enum compiler_answer compile(struct policy_wanted *wanted)
{
    const struct policy *policy;

    if (policy_cache_find(wanted) != NULL)
        return COMPILER_KEPT;
    policy = policy_compile_any(wanted->file, wanted->program, wanted->alias, ignore, NULL);
    if (policy == NULL || !policy_is_usable(policy))
        return COMPILER_FAILED;
    if (policy->unsettled)
        return COMPILER_UNSETTLED;
    return policy_cache_keep(wanted, policy) == policy ? COMPILER_FAILED : COMPILER_KEPT;
}

int main(int argc, char **argv)
{
    struct policy_wanted wanted;
    enum compiler_answer answer;

    have_descriptors();
    have_an_end();
    kernel_syscall = syscall;
    if (argc < 5)
        return COMPILER_FAILED;
    wanted = (struct policy_wanted){
        .file = argv[1], .program = argv[2], .alias = argv[3], .module = argv[4]};
    answer = compile(&wanted);
    if (argc > 5)
        policy_cache_withdraw((int)strtol(argv[5], NULL, 10));
    return answer;
}
