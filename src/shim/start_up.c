/* SPDX-License-Identifier: MIT */
/*
 * What happens before the program's main(): the only time at which the shim allocates. Whatever
 * goes wrong here is said in one line, and the program runs as without the shim.
 */
#include "kernel/cgroup.h"
#include "kernel/tcp.h"
#include "memory/memory.h"
#include "memory/run_figures.h"
#include "path/path.h"
#include "shim/concern.h"
#include "shim/ending.h"
#include "shim/environment.h"
#include "shim/handed.h"
#include "shim/log.h"
#include "shim/machine.h"
#include "shim/next.h"
#include "shim/own.h"
#include "shim/policy_change.h"
#include "shim/policy_first.h"
#include "shim/search_order.h"
#include "shim/shim.h"
#include "shim/sink.h"
#include "shim/story.h"
#include "shim/unflushed.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

struct shim shim;

/* "/usr/lib/libtfoshim.so" -> "/usr/lib/libtfoshim-policy.so": what compiles stands beside us. */
static bool compiler_path(char path[PATH_MAX])
{
    const char *own = search_order_own_name();
    if (!own)
        return false;
    const char *slash = strrchr(own, '/');
    size_t directory = slash ? (size_t)(slash + 1 - own) : 0;
    size_t length = strlen(policy_first_compiler);
    if (directory + length >= PATH_MAX)
        return false;
    memcpy(path, own, directory);
    memcpy(path + directory, policy_first_compiler, length + 1);
    return true;
}

/* What others have kept was usable when they did, and says no more than the first of its errors. */
static bool read_policy(struct policy_wanted *wanted, bool trust_environment)
{
    const struct policy *policy = trust_environment ? policy_cache_find(wanted) : NULL;
    if (policy && policy->refusal)
        log_texts(LOG_ERROR, policy_at(policy, policy->refusal), RUNNING_WITHOUT);
    if (policy)
        return policy_force(policy, POLICY_OF_CACHE);
    const struct policy *compiled = policy_first(wanted);
    if (!compiled)
        return false;
    policy = trust_environment ? policy_cache_keep(wanted, compiled) : compiled;
    return policy_force(policy, policy == compiled ? POLICY_OF_PROCESS : POLICY_OF_CACHE);
}

/* Which policy serves, and whether it is to be followed where it changes: whoever runs with more
 * rights than his user keeps what he has. */
static bool have_policy(const char *program, bool trust_environment)
{
    char compiler[PATH_MAX], executable[PATH_MAX];
    const struct policy_subject subject = {
        .program = program, .executable = executable, .user = geteuid(), .cgroups = cgroup_own};
    struct policy_wanted wanted = {.subject = &subject};
    ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
    executable[length > 0 ? length : 0] = '\0';
    wanted.module = compiler_path(compiler) ? compiler : "";
    wanted.file = policy_change_prepare(trust_environment);
    if (wanted.file ? !read_policy(&wanted, trust_environment)
                    : !policy_force(policy_builtin, POLICY_OF_LIBRARY))
        return false;
    if (trust_environment)
        policy_change_begin(&wanted);
    return true;
}

static void set_up_log(const struct policy *policy, bool trust_environment)
{
    enum log_level level = policy_log_level(policy);
    const char *wanted = trust_environment ? getenv("TFOSHIM_LOG") : NULL;
    bool forced = wanted && log_level_from_name(wanted, &level);
    if (wanted && !forced)
        log_texts(LOG_WARN, "TFOSHIM_LOG: found \"", wanted,
                  "\", expected none, error, warn, info or debug");
    log_set_up(level, forced);
}

static void set_up_memory(const char *program, bool trust_environment)
{
    char path[PATH_MAX];
    const char *why_not;
    bool named = memory_path(path, sizeof path, trust_environment);
    enum memory_kind kind = memory_set_up(named ? path : NULL, memory_program(program), &why_not);
    if (kind == MEMORY_ALONE)
        log_texts(LOG_INFO, "there is no shared memory: what is learned stays in this process");
    else if (why_not)
        log_texts(LOG_INFO, path, ": ", why_not,
                  ": the default memory of this user is used instead");
}

static void set_up_figures(bool trust_environment)
{
    const char *name = trust_environment ? getenv("TFOSHIM_FIGURES") : NULL;
    if (name)
        run_figures_use(name);
    run_figures_add(RUN_PROGRAMS, 1);
}

static void before_fork(void)
{
    int saved = errno;
    story_in_call("fork");
    story_because("a forked child gets its socket");
    machine_start_all();
    errno = saved;
}

static void after_fork(void)
{
    machine_forked_parent();
    own_forked();
}

static void in_child(void)
{
    sink_forked();
    policy_change_forked();
    machine_forked_child();
    handed_forked();
    own_forked();
    memory_forked();
}

/* torsocks, proxychains and their kind give connect() another meaning: theirs goes first. */
static bool is_wanted(bool trust_environment)
{
    return !(trust_environment && environment_says_yes(getenv("TFOSHIM_DISABLE"))) &&
           next_connect_is_libc();
}

static void switch_on(const char *program, bool trust_environment)
{
    sink_set_up();
    if (have_policy(program, trust_environment)) {
        set_up_figures(trust_environment);
        set_up_log(policy_in_force(), trust_environment);
        set_up_memory(program, trust_environment);
        shim.dry_run = trust_environment && environment_says_yes(getenv("TFOSHIM_DRY_RUN"));
        machine_set_up();
        shim.active = pthread_atfork(before_fork, after_fork, in_child) == 0;
    }
}

/* glibc calls constructors as it calls main(), and program_invocation_name would be one more name
 * for the dynamic linker to look up. musl calls them without arguments, which nothing looks at
 * before is_wanted() has found the C library that the library was built for. */
static const char *name_of_program(int count, char *const arguments[])
{
#ifdef __GLIBC__
    return count > 0 ? path_base(arguments[0]) : "";
#else
    (void)count, (void)arguments;
    return path_base(program_invocation_name);
#endif
}

__attribute__((constructor)) static void start_up(int count, char *const arguments[])
{
    int saved = errno;
    bool trust_environment = getauxval(AT_SECURE) == 0;
    next_start();
    NEXT_FIND(syscall);
    kernel_syscall = next_functions.syscall;
    if (is_wanted(trust_environment))
        switch_on(name_of_program(count, arguments), trust_environment);
    concern_started(shim.active);
    errno = saved;
}

/* Reached by exit() and by a return from main(), which no hook sees. */
__attribute__((destructor)) static void shut_down(void)
{
    story_in_call("exit");
    unflushed_at_exit();
    ending_process();
}
