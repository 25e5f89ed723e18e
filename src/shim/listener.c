/* SPDX-License-Identifier: MIT */
#include "shim/listener.h"

#include "kernel/opening.h"
#include "kernel/tcp.h"
#include "memory/memory.h"
#include "memory/run_figures.h"
#include "shim/concern.h"
#include "shim/guard.h"
#include "shim/listener_cover.h"
#include "shim/listener_key.h"
#include "shim/log.h"
#include "shim/machine.h"
#include "shim/note.h"
#include "shim/own.h"
#include "shim/policy_change.h"
#include "shim/program_memory.h"
#include "shim/ring.h"
#include "shim/shim.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Beyond this number no listener is looked for that a ring may accept from. */
#define DESCRIPTORS_SEARCHED 65536

atomic_bool listener_covered;
static atomic_bool any_found; /* some note says NOTE_FOUND */

static void bind_under(const struct server_verdict *verdict, int fd, const struct sockaddr *address)
{
    if (!verdict->fastopen || !tcp_is_tcp(fd) || tcp_option(fd, TCP_FASTOPEN) != 0 ||
        (note_flags(fd) & NOTE_ASIDE) || !cover_can_guard(fd, cover_guards(verdict)))
        return;
    cover_set_queue(fd, address, verdict->queue ? (int)verdict->queue : QUEUE_WHEN_BOUND);
    if (ring_came_meanwhile()) {
        cover_end(fd);
        return;
    }
    bool keyed = cover_takes_keys(fd, verdict);
    if (keyed)
        listener_key_give(fd, verdict->key_file, WITHOUT_KEYS);
    note_change(fd, NOTE_BOUND | (keyed ? NOTE_KEYED : 0), 0);
    if (!listener_is_bound_by_us(fd))
        cover_end(fd);
}

void listener_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    struct endpoint endpoint;
    if (!shim.active || shim.dry_run || ring_any() || length > sizeof(struct sockaddr_storage) ||
        !program_memory_readable(address, length) ||
        !endpoint_from_sockaddr(&endpoint, address, length))
        return;
    /* Port 0: a client that binds its own address, or a listener that listen() will cover. */
    if (endpoint.port == 0)
        return;
    policy_change_look();
    struct policy_hold hold = policy_hold();
    struct server_verdict verdict = policy_server(hold.policy, &endpoint);
    bind_under(&verdict, fd, address);
    policy_release(hold);
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

/* A policy that has come while a listener was covered by the former one has not seen its note. */
static void correct_if_changed(unsigned changes)
{
    if (changes != policy_changes())
        listener_policy_changed(false);
}

/* An inherited listener's backlog is not to be had: the kernel's ceiling stands in for it. */
static void accept_under(const struct server_verdict *verdict, int fd,
                         const struct sockaddr_storage *bound, const struct endpoint *endpoint)
{
    int queue = verdict->queue ? (int)verdict->queue : QUEUE_WHEN_BOUND;
    /* Set already it may be by who ran before this image, under the same policy. */
    bool ours = tcp_option(fd, TCP_FASTOPEN) == 0 && cover_can_guard(fd, cover_guards(verdict));
    unsigned covered = ours ? cover_begin(fd, bound, endpoint, queue) : 0;
    if (covered) {
        covered |= NOTE_FOUND;
        atomic_store(&any_found, true);
    }
    cover_note(fd, cover_guards(verdict) | covered, bound, shim.dry_run ? NULL : verdict->key_file);
}

void listener_accept(int fd)
{
    struct sockaddr_storage bound;
    struct endpoint endpoint;
    if (!shim.active || note_flags(fd))
        return;
    note_change(fd, NOTE_ACCEPTING, 0);
    if (!bound_to(fd, &bound, &endpoint))
        return;
    unsigned changes = policy_changes();
    struct policy_hold hold = policy_hold();
    struct server_verdict verdict = policy_server(hold.policy, &endpoint);
    if (verdict.fastopen)
        accept_under(&verdict, fd, &bound, &endpoint);
    else
        cover_note(fd, 0, &bound, NULL);
    policy_release(hold);
    correct_if_changed(changes);
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
    bool uncertain = !(listener.tag.flags & (NOTE_ASIDE | NOTE_COVERED | NOTE_GUARDS)) &&
                     !shim.dry_run && policy_change_is_uncertain();
    if ((!(listener.tag.flags & (NOTE_COVERED | NOTE_GUARDS)) && !uncertain) ||
        !tcp_has_syn_data(connection, &proof))
        return;
    if (uncertain && proof != TCP_PROOF_GIVEN)
        guard_accepted_at_once(connection, &listener);
    if (listener.tag.flags & NOTE_COVERED)
        count_taken(&listener);
    if (log_is_on(LOG_DEBUG))
        log_connection(connection, &listener.address.any, "accepted with data in the SYN", 0);
    if ((listener.tag.flags & NOTE_GUARDS) && proof != TCP_PROOF_GIVEN)
        guard_accepted(connection, &listener);
}

static void listen_under(const struct server_verdict *verdict, int fd, int backlog,
                         const struct sockaddr_storage *bound, const struct endpoint *endpoint)
{
    unsigned flags = note_flags(fd), set = NOTE_ACCEPTING;
    bool ours = (flags & NOTE_BOUND) || tcp_option(fd, TCP_FASTOPEN) == 0;
    bool wanted = verdict->fastopen && !(flags & NOTE_ASIDE) && ours;
    bool on = wanted && cover_can_guard(fd, cover_guards(verdict));
    if (wanted && !on)
        cover_end(fd);
    if (on)
        set |= cover_guards(verdict) |
               cover_begin(fd, bound, endpoint,
                           verdict->queue ? (int)verdict->queue : queue_for_backlog(backlog));
    cover_note(fd, set, bound, on && cover_takes_keys(fd, verdict) ? verdict->key_file : NULL);
}

void listener_listen(int fd, int backlog)
{
    struct sockaddr_storage bound;
    struct endpoint endpoint;
    if (!shim.active)
        return;
    policy_change_look();
    if (!bound_to(fd, &bound, &endpoint)) {
        if (note_flags(fd) & NOTE_BOUND)
            cover_end(fd);
        return;
    }
    unsigned changes = policy_changes();
    struct policy_hold hold = policy_hold();
    struct server_verdict verdict = policy_server(hold.policy, &endpoint);
    listen_under(&verdict, fd, backlog, &bound, &endpoint);
    policy_release(hold);
    correct_if_changed(changes);
}

static void put_back(int fd)
{
    cover_end(fd);
    note_change(fd, 0, NOTE_BOUND | NOTE_COVERED | NOTE_FOUND);
}

static void put_back_found(const struct record *listener)
{
    put_back(listener->fd);
}

void listener_closing(int fd)
{
    if (atomic_load(&any_found) && record_is_own_process() && (note_flags(fd) & NOTE_FOUND))
        cover_end(fd);
}

void listener_end(void)
{
    if (atomic_load(&any_found) && record_is_own_process())
        note_each(NOTE_FOUND, put_back_found);
}

static void leave_to_parent(const struct record *listener)
{
    note_change(listener->fd, 0, NOTE_FOUND);
}

void listener_forked(void)
{
    if (atomic_exchange(&any_found, false))
        note_each(NOTE_FOUND, leave_to_parent);
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

/* What was bound or listened on here has a note, mostly; another's the policy tells, as it told who
 * ran before this image. */
static bool is_ours(int fd)
{
    struct sockaddr_storage bound;
    struct endpoint endpoint;
    unsigned flags = note_flags(fd);
    if (flags & NOTE_ASIDE)
        return false;
    if (flags & (NOTE_BOUND | NOTE_COVERED | NOTE_GUARDS))
        return true;
    if (!bound_to(fd, &bound, &endpoint))
        return false;
    struct policy_hold hold = policy_hold();
    bool ours = policy_server(hold.policy, &endpoint).fastopen;
    policy_release(hold);
    return ours;
}

static int descriptors(void)
{
    struct {
        uint64_t soft, hard;
    } limit;
    if (tcp_call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0) != 0 ||
        limit.soft > DESCRIPTORS_SEARCHED)
        return DESCRIPTORS_SEARCHED;
    return (int)limit.soft;
}

/* Not all have notes: whatever there is, is asked. A socket whose connect has failed may be
 * connected again by the ring, and is not to be deferred then. */
void listener_put_back(void)
{
    for (int fd = 0, end = shim.dry_run ? 0 : descriptors(); fd < end; fd++) {
        if (tcp_option(fd, TCP_FASTOPEN) > 0 && is_ours(fd)) {
            put_back(fd);
        } else if (own_has(fd) && tcp_option(fd, TCP_FASTOPEN_CONNECT) == 1 &&
                   !(note_flags(fd) & NOTE_ASIDE)) {
            tcp_set_option(fd, TCP_FASTOPEN_CONNECT, 0);
        }
    }
}
