/* SPDX-License-Identifier: MIT */
/*
 * The listener's note keeps which version of its file the keys are of, and when that was looked at.
 * A file that cannot be used is told of once, and looked at again when it has changed.
 */
#include "shim/listener_key.h"

#include "kernel/cookie_keys.h"
#include "kernel/error_text.h"
#include "kernel/private_file.h"
#include "kernel/tcp.h"
#include "policy/policy.h"
#include "shim/log.h"
#include "shim/policy_force.h"
#include "shim/shim.h"

#include <string.h>

#define LOOK_EVERY_MS 1000

/* bind() and then listen(), and several listeners, may meet the same. */
static bool is_told(const char *problem, uint64_t version)
{
    static _Atomic uint64_t told;
    uint64_t this = version ^ (uint64_t)(uintptr_t)problem;
    return atomic_exchange_explicit(&told, this, memory_order_relaxed) == this;
}

uint64_t listener_key_give(int fd, const char *path, const char *instead)
{
    /* Before it is read: what is put there meanwhile is another version. */
    uint64_t version = private_file_version(path);
    struct cookie_keys keys;
    const char *problem = cookie_keys_load(path, &keys);
    if (!problem) {
        int error = cookie_keys_give(fd, &keys);
        problem = error ? error_text(error) : NULL;
    }
    explicit_bzero(&keys, sizeof keys);
    if (problem && !is_told(problem, version))
        log_texts(LOG_WARN, "key_file ", path, ": ", problem, ": ", instead);
    return version;
}

void listener_key_note(int fd, uint64_t version)
{
    struct record note;
    if (!record_get(&record_notes, fd, &note))
        return;
    note.epoll_data = version;
    note.syn_left_ms = tcp_now_ms();
    record_save(&record_notes, &note);
}

static void take_up(struct record *note, const struct policy *policy)
{
    const struct policy_link link = {interface_listening, note->fd};
    struct endpoint endpoint;
    if (!endpoint_from_sockaddr(&endpoint, &note->address.any, sizeof note->address))
        return;
    const char *path = policy_server(policy, &endpoint, &link).key_file;
    if (!path || private_file_version(path) == note->epoll_data)
        return;
    note->epoll_data = listener_key_give(note->fd, path, "the former keys stay");
    if (log_is_on(LOG_DEBUG))
        log_connection(note->fd, &note->address.any, "listener's key_file has changed", 0);
}

void listener_key_look(struct record *note)
{
    int64_t now = tcp_now_ms();
    if (now - note->syn_left_ms < LOOK_EVERY_MS)
        return;
    note->syn_left_ms = now;
    struct policy_hold hold = policy_hold();
    if (tcp_socket_cookie(note->fd) == note->socket_cookie)
        take_up(note, hold.policy);
    policy_release(hold);
    record_save(&record_notes, note);
}
