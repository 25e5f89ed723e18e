/* SPDX-License-Identifier: MIT */
#include "shim/listener.h"

#include "kernel/cookie_keys.h"
#include "kernel/opening.h"
#include "kernel/tcp.h"
#include "memory/memory.h"
#include "memory/run_figures.h"
#include "shim/concern.h"
#include "shim/guard.h"
#include "shim/handed.h"
#include "shim/listener_key.h"
#include "shim/log.h"
#include "shim/machine.h"
#include "shim/note.h"
#include "shim/pending.h"
#include "shim/program_memory.h"
#include "shim/ring.h"
#include "shim/shim.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

/* bind() does not know the backlog that listen() will bring: the kernel's usual ceiling for both.
 * The kernel clips what it is given to net.core.somaxconn. */
#define QUEUE_WHEN_BOUND 4096

atomic_bool listener_covered;

static struct server_verdict policy_of(int fd, const struct endpoint *endpoint)
{
    return policy_server(shim.policy, endpoint, &(struct policy_link){interface_listening, fd});
}

static bool set_queue(int fd, const struct sockaddr *address, int queue)
{
    bool done = tcp_set_option(fd, TCP_FASTOPEN, queue) == 0;
    if (done)
        handed_set();
    if (log_is_on(LOG_DEBUG))
        log_connection(fd, address, done ? "listener takes SYN data" : "no TCP_FASTOPEN here", 0);
    return done;
}

/* The program may have given it a key; what bind() has given it is taken anew. */
static bool takes_keys(int fd, const struct server_verdict *verdict)
{
    return verdict->key_file && !shim.dry_run &&
           ((note_flags(fd) & NOTE_KEYED) || !cookie_keys_has(fd));
}

#define WITHOUT_KEYS "the keys of the network namespace serve"

static unsigned rehearse(int fd, const struct sockaddr_storage *bound)
{
    run_figures_add(RUN_LISTENERS, 1);
    if (log_is_on(LOG_DEBUG))
        log_connection(fd, (const struct sockaddr *)bound, "listener would take SYN data", 0);
    return 0;
}

static unsigned guards(const struct server_verdict *verdict)
{
    return verdict->first_read == FIRST_WRITE_REPLAY_SAFE ? NOTE_GUARDS : 0;
}

/* Is what the guard is made of to be had? A sandbox may refuse any of it, and then no SYN is to
 * bring anything. There is nothing to peek at here, which is the answer of a kernel that was
 * asked. */
static bool can_guard(int fd, unsigned guard)
{
    return !guard ||
           (tcp_state(fd) >= 0 && tcp_socket_cookie(fd) != 0 && pending_is_possible() &&
            tcp_set_least_to_read(fd, tcp_least_to_read(fd)) && tcp_peek(fd) == -ENOTCONN);
}

/* On a socket that listens, or is about to. Returns the flag for its note. */
static unsigned cover(int fd, const struct sockaddr_storage *bound, const struct endpoint *endpoint,
                      int queue)
{
    if (shim.dry_run)
        return rehearse(fd, bound);
    if (ring_any())
        return 0;
    struct memory_destination listener = {.netns = tcp_netns_cookie(fd), .endpoint = *endpoint};
    if (!set_queue(fd, (const struct sockaddr *)bound, queue))
        return 0;
    if (ring_came_meanwhile()) {
        handed_uncover(fd);
        return 0;
    }
    memory_listener(&listener, (uint32_t)queue);
    run_figures_add(RUN_LISTENERS, 1);
    return NOTE_COVERED;
}

/* A connection may outlive its listener, and ioctl() has something to correct on it. */
static void cover_process(void)
{
    concern_add_descriptors(1);
    if (atomic_exchange(&listener_covered, true))
        concern_remove_descriptors(1);
}

static void note(int fd, unsigned flags, const struct sockaddr_storage *bound, const char *key_file)
{
    uint64_t version = key_file ? listener_key_give(fd, key_file, WITHOUT_KEYS) : 0;
    flags |= key_file ? NOTE_KEYED : 0;
    if (flags & NOTE_GUARDS)
        machine_expect_guarded();
    if (flags & (NOTE_COVERED | NOTE_GUARDS))
        cover_process();
    union record_address noted;
    memcpy(&noted, bound, sizeof noted);
    note_listener(fd, flags, &noted);
    if ((flags & NOTE_COVERED) && (flags & NOTE_GUARDS) && !(note_flags(fd) & NOTE_GUARDS))
        handed_uncover(fd);
    if (key_file)
        listener_key_note(fd, version);
}

void listener_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    struct endpoint endpoint;
    if (!shim.active || shim.dry_run || ring_any() || length > sizeof(struct sockaddr_storage) ||
        !program_memory_readable(address, length) ||
        !endpoint_from_sockaddr(&endpoint, address, length))
        return;
    /* Port 0: a client that binds its own address, or a listener that listen() will cover. */
    struct server_verdict verdict = policy_of(fd, &endpoint);
    if (endpoint.port == 0 || !verdict.fastopen || !tcp_is_tcp(fd) ||
        tcp_option(fd, TCP_FASTOPEN) != 0 || (note_flags(fd) & NOTE_ASIDE))
        return;
    if (!can_guard(fd, guards(&verdict)))
        return;
    set_queue(fd, address, verdict.queue ? (int)verdict.queue : QUEUE_WHEN_BOUND);
    if (ring_came_meanwhile()) {
        handed_uncover(fd);
        return;
    }
    bool keyed = takes_keys(fd, &verdict);
    if (keyed)
        listener_key_give(fd, verdict.key_file, WITHOUT_KEYS);
    note_change(fd, NOTE_BOUND | (keyed ? NOTE_KEYED : 0), 0);
    if (!listener_is_bound_by_us(fd))
        handed_uncover(fd);
}

bool listener_is_bound_by_us(int fd)
{
    return note_flags(fd) & NOTE_BOUND;
}

/* listen() takes 0 for "one" and a negative number for "as many as allowed"; as a queue length the
 * first would switch Fast Open off and the second be refused. */
static int queue_for_backlog(int backlog)
{
    return backlog > 0 ? backlog : backlog == 0 ? 1 : QUEUE_WHEN_BOUND;
}

/* The address that a TCP socket is bound to; false for any other socket. */
static bool bound_to(int fd, struct sockaddr_storage *bound, struct endpoint *endpoint)
{
    socklen_t length;
    return tcp_local_address(fd, bound, &length) &&
           endpoint_from_sockaddr(endpoint, (struct sockaddr *)bound, length) && tcp_is_tcp(fd);
}

bool listener_policy(int fd, struct server_verdict *verdict)
{
    struct sockaddr_storage bound;
    struct endpoint endpoint;
    if (!bound_to(fd, &bound, &endpoint))
        return false;
    *verdict = policy_of(fd, &endpoint);
    return true;
}

/* An inherited listener's backlog is not to be had: the kernel's ceiling stands in for it. */
void listener_accept(int fd)
{
    struct sockaddr_storage bound;
    struct endpoint endpoint;
    if (!shim.active || note_flags(fd))
        return;
    note_change(fd, NOTE_ACCEPTING, 0);
    if (!bound_to(fd, &bound, &endpoint))
        return;
    struct server_verdict verdict = policy_of(fd, &endpoint);
    if (!verdict.fastopen)
        return;
    int queue = verdict.queue ? (int)verdict.queue : QUEUE_WHEN_BOUND;
    /* Set already it may be by who ran before this image, under the same policy. */
    bool ours = tcp_option(fd, TCP_FASTOPEN) == 0 && can_guard(fd, guards(&verdict));
    unsigned covered = ours ? cover(fd, &bound, &endpoint, queue) : 0;
    if (covered) {
        covered |= NOTE_FOUND;
        handed_found();
    }
    note(fd, guards(&verdict) | covered, &bound, shim.dry_run ? NULL : verdict.key_file);
}

static void count_taken(const struct record *listener)
{
    struct memory_destination local = {.netns = listener->netns};
    endpoint_from_sockaddr(&local.endpoint, &listener->address.any, sizeof listener->address);
    memory_listener_accepted(&local);
    run_figures_add(RUN_TAKEN, 1);
}

/* For every connection: one question to the kernel. That the note is still about this listener is
 * not asked: at worst a figure of another one is wrong by that. (Keys ask.) */
void listener_accepted(int fd, int connection)
{
    struct record listener;
    enum tcp_proof proof;
    if (!record_get(&record_notes, fd, &listener))
        return;
    if (listener.tag.flags & NOTE_KEYED)
        listener_key_look(&listener);
    if (!(listener.tag.flags & (NOTE_COVERED | NOTE_GUARDS)) ||
        !tcp_has_syn_data(connection, &proof))
        return;
    if (listener.tag.flags & NOTE_COVERED)
        count_taken(&listener);
    if (log_is_on(LOG_DEBUG))
        log_connection(connection, &listener.address.any, "accepted with data in the SYN", 0);
    if ((listener.tag.flags & NOTE_GUARDS) && proof != TCP_PROOF_GIVEN)
        guard_accepted(connection, &listener);
}

void listener_listen(int fd, int backlog)
{
    struct sockaddr_storage bound;
    struct endpoint endpoint;
    if (!shim.active)
        return;
    unsigned flags = note_flags(fd);
    if (!bound_to(fd, &bound, &endpoint)) {
        if (flags & NOTE_BOUND)
            handed_uncover(fd);
        return;
    }
    struct server_verdict verdict = policy_of(fd, &endpoint);
    /* Set already it may be by who ran before this image, under the same policy. */
    bool ours = (flags & NOTE_BOUND) || tcp_option(fd, TCP_FASTOPEN) == 0;
    bool wanted = verdict.fastopen && !(flags & NOTE_ASIDE);
    bool on = wanted && ours && can_guard(fd, guards(&verdict));
    unsigned set = NOTE_ACCEPTING | (on || (wanted && !ours) ? guards(&verdict) : 0);
    /* Since its bind() it may have been bound to an interface for which it is off. */
    if (!on && ((wanted && ours) || (flags & (NOTE_BOUND | NOTE_ASIDE)) == NOTE_BOUND))
        handed_uncover(fd);
    if (on)
        set |= cover(fd, &bound, &endpoint,
                     verdict.queue ? (int)verdict.queue : queue_for_backlog(backlog));
    note(fd, set, &bound, on && takes_keys(fd, &verdict) ? verdict.key_file : NULL);
}

void listener_own_keys(int fd)
{
    if (note_flags(fd) & NOTE_KEYED)
        note_change(fd, 0, NOTE_KEYED);
}

void listener_stand_aside(int fd)
{
    if (shim.active && tcp_is_tcp(fd))
        note_change(fd, NOTE_ASIDE, NOTE_COVERED | NOTE_GUARDS | NOTE_KEYED);
}
