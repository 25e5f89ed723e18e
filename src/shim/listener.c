/* SPDX-License-Identifier: MIT */
#include "shim/listener.h"

#include "kernel/tcp.h"
#include "kernel/tcp_opening.h"
#include "memory/memory.h"
#include "memory/run_figures.h"
#include "shim/guard.h"
#include "shim/handed.h"
#include "shim/listener_cover.h"
#include "shim/listener_key.h"
#include "shim/log.h"
#include "shim/note.h"
#include "shim/policy_change.h"
#include "shim/program_memory.h"
#include "shim/ring.h"
#include "shim/shim.h"

#include <netinet/tcp.h>

atomic_uint listener_covered;

/* By a policy that is held. */
static struct server_verdict policy_of(const struct policy *policy, int fd,
                                       const struct endpoint *endpoint)
{
    return policy_server(policy, endpoint, &(struct policy_link){interface_listening, fd});
}

static void bind_under(const struct server_verdict *verdict, int fd, const struct sockaddr *address)
{
    if (!verdict->fastopen || !tcp_is_tcp(fd) || tcp_option(fd, TCP_FASTOPEN) != 0 ||
        (note_flags(fd) & NOTE_ASIDE) || !cover_can_guard(fd, cover_guards(verdict)))
        return;
    cover_set_queue(fd, address, verdict->queue ? (int)verdict->queue : QUEUE_WHEN_BOUND);
    if (ring_came_meanwhile()) {
        handed_uncover(fd);
        return;
    }
    bool keyed = cover_takes_keys(fd, verdict);
    if (keyed)
        listener_key_give(fd, verdict->key_file, WITHOUT_KEYS);
    note_change(fd, NOTE_BOUND | (keyed ? NOTE_KEYED : 0), 0);
    if (!listener_is_bound_by_us(fd))
        handed_uncover(fd);
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
    struct server_verdict verdict = policy_of(hold.policy, fd, &endpoint);
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

bool listener_policy(int fd, struct server_verdict *verdict)
{
    struct sockaddr_storage bound;
    struct endpoint endpoint;
    if (!bound_to(fd, &bound, &endpoint))
        return false;
    struct policy_hold hold = policy_hold();
    *verdict = policy_of(hold.policy, fd, &endpoint);
    policy_release(hold);
    verdict->key_file = verdict->prefixes = verdict->file = NULL;
    return true;
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
    unsigned found = tcp_option(fd, TCP_FASTOPEN) == 0 ? NOTE_FOUND : 0;
    bool ours = found && cover_can_guard(fd, cover_guards(verdict));
    unsigned covered = ours ? cover_begin(fd, bound, endpoint, queue) : 0;
    if (covered)
        handed_found();
    cover_note(fd, cover_guards(verdict) | covered | found, bound,
               shim.dry_run ? NULL : verdict->key_file);
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
    struct server_verdict verdict = policy_of(hold.policy, fd, &endpoint);
    if (verdict.fastopen)
        accept_under(&verdict, fd, &bound, &endpoint);
    else
        cover_note(fd, NOTE_FOUND, &bound, NULL); /* a change may begin it */
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
    unsigned flags = note_flags(fd), guards = cover_guards(verdict);
    /* Set already it may be by who ran before this image, under the same policy. */
    bool ours = (flags & NOTE_BOUND) || tcp_option(fd, TCP_FASTOPEN) == 0;
    bool wanted = verdict->fastopen && !(flags & NOTE_ASIDE);
    bool on = wanted && ours && cover_can_guard(fd, guards);
    unsigned set = NOTE_ACCEPTING | (on || (wanted && !ours) ? guards : 0);
    /* Since its bind() it may have been bound to an interface for which it is off, or another
     * policy has come. */
    if (!on && ((wanted && ours) || (flags & (NOTE_BOUND | NOTE_ASIDE)) == NOTE_BOUND))
        handed_uncover(fd);
    if (on)
        set |= cover_begin(fd, bound, endpoint,
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
            handed_uncover(fd);
        return;
    }
    unsigned changes = policy_changes();
    struct policy_hold hold = policy_hold();
    struct server_verdict verdict = policy_of(hold.policy, fd, &endpoint);
    listen_under(&verdict, fd, backlog, &bound, &endpoint);
    policy_release(hold);
    correct_if_changed(changes);
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
