/* SPDX-License-Identifier: MIT */
#include "shim/policy_change.h"

#include "hash/hash.h"
#include "kernel/tcp.h"
#include "shim/listener.h"
#include "shim/log.h"
#include "shim/policy_compiler.h"
#include "shim/record.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#define LOOK_EVERY_MS 1000

/* While a change is under way. */
#define LOOK_SOON_MS 200

/* So long after a process has taken up a change its listeners take data that they did not take
 * before: others that share them look as often as this one, and guard by then. */
#define LISTENERS_AFTER_MS 3000

#define TRIES_MOST 4u

#define COMPILER_NAME "tfoshim-compile"
#define NEVER INT64_MAX

_Atomic int64_t policy_change_due = NEVER;

static struct policy_watch watch;
static struct policy_subject subject; /* as start-up had it: a new user gets no other rules */
static struct policy_wanted wanted = {.subject = &subject};
static const char *compiler;
static atomic_bool is_followed, is_paused;

/* What of the change at hand has been seen: by whoever is `busy`, and nobody else. */
static atomic_uint busy;
static struct {
    const struct policy *refusal; /* the files as they are; NULL: they are those in force */
    _Atomic uint64_t seen;        /* the state that the last look found; 0: none */
    _Atomic uint64_t settled;     /* one that nothing comes of; 0: none */
    unsigned tries;
    enum compiler_answer answer;
    uint32_t said;
    int64_t listeners_due; /* 0: they are as they should be */
} change;

/* ---- start-up ---- */

const char *policy_change_prepare(bool trust_environment)
{
    policy_watch_begin(&watch, trust_environment);
    return watch.serves < watch.places.count ? watch.places.paths[watch.serves] : NULL;
}

static const char *copy(char **to, const char *end, const char *text, size_t length)
{
    char *begin = *to;
    if ((size_t)(end - begin) <= length)
        return NULL;
    memcpy(begin, text, length);
    begin[length] = '\0';
    *to = begin + length + 1;
    return begin;
}

/* Close together, for they are touched in every process. */
static bool copy_names(const struct policy_wanted *given)
{
    static char names[4 * PATH_MAX];
    char *at = names, *name;
    const char *end = names + sizeof names, *slash = strrchr(given->module, '/');
    subject = *given->subject;
    subject.program = copy(&at, end, subject.program, strlen(subject.program));
    subject.executable = copy(&at, end, subject.executable, strlen(subject.executable));
    wanted.module = copy(&at, end, given->module, strlen(given->module));
    name = at;
    if (!subject.program || !subject.executable || !wanted.module || !slash ||
        !copy(&at, end, given->module, (size_t)(slash + 1 - given->module)))
        return false;
    compiler = name;
    at--;
    return copy(&at, end, COMPILER_NAME, sizeof COMPILER_NAME - 1) != NULL;
}

static uint32_t hash_of_said(const char *text, const char *more)
{
    return hash_bytes(text, strlen(text)) * 31 + hash_bytes(more, strlen(more));
}

static bool is_over(void)
{
    return atomic_load_explicit(&policy_change_due, memory_order_relaxed) == NEVER;
}

/* Another thread may enter a sandbox meanwhile. */
static void look_again(int64_t when)
{
    atomic_store(&policy_change_due, when);
    if (is_paused)
        atomic_store(&policy_change_due, NEVER);
}

void policy_change_begin(const struct policy_wanted *given)
{
    if (watch.places.count > 0 && copy_names(given) && policy_change_clock() >= 0)
        look_again(policy_change_clock() + LOOK_EVERY_MS);
    is_followed = !is_over();
    if (policy_in_force()->refusal)
        change.said = hash_of_said(policy_at(policy_in_force(), policy_in_force()->refusal), "");
}

/* ---- what is said ---- */

static const char *name_of_file(void)
{
    const char *path = policy_path(policy_in_force());
    return path ? path : watch.places.paths[watch.places.count - 1];
}

static const char *consequence(void)
{
    return policy_in_force()->refusal ? "; still running without Fast Open"
                                      : "; the former policy stays";
}

/* Once, however often the files change in between. */
static void say(const char *text, const char *more)
{
    uint32_t hash = hash_of_said(text, more);
    if (hash == change.said)
        return;
    change.said = hash;
    log_texts(LOG_ERROR, text, more, consequence());
}

static void tell_version(const struct policy *policy, uint32_t former)
{
    static const char digits[] = "0123456789abcdef";
    char version[9] = "";
    for (int i = 0; i < 8; i++)
        version[i] = digits[policy->written >> (28 - 4 * i) & 15];
    if (policy->written == former)
        return;
    log_texts(LOG_INFO, policy_at(policy, policy->path), ": has changed and is applied: version ",
              version);
}

static void end(const char *why)
{
    log_texts(LOG_INFO, "changes of the configuration are not applied: ", why);
    look_again(NEVER);
}

/* The line may be the last that can be written. */
void policy_change_pause(void)
{
    if (is_over())
        return;
    is_followed = false;
    is_paused = true;
    end("the process enters a sandbox");
}

void policy_change_resume(void)
{
    if (!is_paused)
        return;
    is_followed = true;
    is_paused = false;
    look_again(policy_change_clock());
}

/* ---- a change ---- */

static void forget_refusal(void)
{
    if (change.refusal)
        policy_cache_drop(change.refusal);
    change.refusal = NULL;
}

/* The state is dealt with, whatever has become of it. */
static void settle(uint64_t state)
{
    change.settled = state;
    change.seen = 0;
    change.tries = 0;
}

static void take_up(const struct policy *found, unsigned serves, uint64_t state, int64_t now)
{
    settle(state);
    watch.serves = serves;
    forget_refusal();
    if (found->refusal) {
        change.refusal = found;
        say(policy_at(found, found->refusal), "");
        return;
    }
    uint32_t former = policy_in_force()->written;
    change.said = 0;
    if (!policy_force(found, POLICY_OF_CACHE)) {
        say(name_of_file(), ": has changed, but there is no memory for its policy");
        policy_cache_drop(found);
        return;
    }
    change.settled = 0;
    log_change(policy_log_level(found));
    tell_version(found, former);
    listener_policy_changed(false);
    change.listeners_due = now + LISTENERS_AFTER_MS;
}

static void give_up(uint64_t state, const char *why)
{
    say(name_of_file(), why);
    settle(state);
}

/* Asks nobody else meanwhile: the others wait for what comes of it. */
static void compile(void)
{
    int claim;
    if (!policy_cache_claim(&wanted, &claim))
        return;
    change.tries++;
    if (policy_compiler_start(compiler, &wanted, claim))
        return;
    change.answer = COMPILER_MISSING;
    policy_cache_withdraw(claim);
}

static void pursue(const struct policy *watched, uint64_t state, int64_t now)
{
    unsigned serves = policy_places_search(&watch.places);
    bool is_new = change.seen != state;
    if (is_new) {
        change.seen = state;
        change.tries = 0;
        change.answer = COMPILER_KEPT;
    }
    /* It may be back in a moment: some write a file anew by removing it first. */
    if (is_new && serves != watch.serves)
        return;
    if (serves == watch.places.count) {
        give_up(state, ": is gone");
        return;
    }
    wanted.file = watch.places.paths[serves];
    const struct policy *found = policy_cache_find(&wanted);
    if (found)
        take_up(found, serves, state, now);
    else if (change.answer == COMPILER_MISSING)
        give_up(state, ": has changed, but this process cannot start tfoshim-compile");
    else if (change.tries >= TRIES_MOST)
        give_up(state, ": has changed, but its policy cannot be compiled or shared");
    else if (!is_new && policy_watch_is_settled(&watch, watched))
        compile();
}

/* True: look again soon. */
static bool look(int64_t now)
{
    const struct policy *watched = change.refusal ? change.refusal : policy_in_force();
    policy_sweep();
    if (change.listeners_due && now >= change.listeners_due) {
        change.listeners_due = 0;
        listener_policy_changed(true);
    }
    if (policy_compiler_is_started()) {
        change.answer = policy_compiler_ask();
        if (change.answer == COMPILER_AT_WORK)
            return true;
        if (change.answer == COMPILER_UNSETTLED)
            return false;
    }
    if (policy_watch_is_unchanged(&watch, watched)) {
        change.seen = 0;
        if (!change.refusal)
            change.settled = 0;
        return false;
    }
    uint64_t state = policy_watch_state(&watch, watched);
    if (state == change.settled)
        return false;
    if (!policy_watch_is_in_place(&watch)) {
        say(name_of_file(),
            ": has changed, or this process has entered another root or working directory");
        end("the process has entered another root or working directory");
        return false;
    }
    pursue(watched, state, now);
    return change.seen != 0;
}

/* Before the first look, which comes a second after start-up. */
static bool may_look(void)
{
    static bool asked;
    if (!asked && !policy_watch_is_local(&watch, policy_in_force())) {
        end("a file is on a network file system or on FUSE, where the check might wait");
        return false;
    }
    asked = true;
    return true;
}

/* Signals are blocked: a handler's connect would find it busy, but a handler may never return. A
 * child of vfork(), which has its parent's memory, leaves it to the parent. */
void policy_change_look_now(int64_t now)
{
    const uint64_t all = ~UINT64_C(0);
    uint64_t mask;
    int saved = errno;
    if (!record_is_own_process() || atomic_exchange(&busy, 1))
        return;
    look_again(now + LOOK_EVERY_MS);
    if (tcp_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&mask, sizeof mask, 0, 0) ==
        0) {
        if (may_look() && look(now))
            look_again(now + LOOK_SOON_MS);
        tcp_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof mask, 0, 0);
    }
    atomic_store(&busy, 0);
    errno = saved;
}

bool policy_change_is_uncertain(void)
{
    return is_followed &&
           (atomic_load(&busy) || change.seen != 0 || change.settled != 0 || is_over());
}

/* Another thread may have been about it. */
void policy_change_forked(void)
{
    atomic_store(&busy, 0);
    policy_force_forked();
    policy_compiler_forked();
}
