/* SPDX-License-Identifier: MIT */
/* Another policy has come: what it means to listeners that accept already. */
#include "kernel/tcp.h"
#include "shim/handed.h"
#include "shim/listener.h"
#include "shim/listener_cover.h"
#include "shim/listener_key.h"
#include "shim/machine.h"
#include "shim/note.h"
#include "shim/policy_force.h"
#include "shim/ring.h"
#include "shim/shim.h"
#include "shim/single_threaded.h"

#include <netinet/tcp.h>
#include <string.h>

/* Of a listener TCP_INFO says so in a connection's field. */
static int queue_of(int fd, const struct server_verdict *verdict)
{
    int backlog = verdict->queue ? (int)verdict->queue : tcp_backlog(fd);
    return backlog > 0 ? backlog : QUEUE_WHEN_BOUND;
}

/* A thread that is in a wait since before may not be prepared for what is guarded. */
static bool is_prepared(unsigned guard)
{
    return !guard || machine_expects_guarded() || single_threaded();
}

/* What has come in before, from a SYN, is guarded yet: the note goes on saying so. */
static void take_no_more(const struct record *listener)
{
    handed_uncover(listener->fd);
    note_change(listener->fd, 0, NOTE_COVERED);
}

static void take_otherwise(const struct record *listener, const struct server_verdict *verdict)
{
    unsigned guard = cover_guards(verdict);
    if (!is_prepared(guard) || !cover_can_guard(listener->fd, guard)) {
        take_no_more(listener);
        return;
    }
    if (guard)
        machine_expect_guarded();
    note_change(listener->fd, guard, NOTE_GUARDS & ~guard);
    cover_set_queue(listener->fd, &listener->address.any, queue_of(listener->fd, verdict));
    if (cover_takes_keys(listener->fd, verdict)) {
        note_change(listener->fd, NOTE_KEYED, 0);
        listener_key_note(listener->fd,
                          listener_key_give(listener->fd, verdict->key_file, WITHOUT_KEYS));
    }
}

/* All who share it guard from the time that they know of the policy, whoever of them begins. */
static void begin_to_take(const struct record *listener, const struct endpoint *endpoint,
                          const struct server_verdict *verdict, bool begin)
{
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    unsigned guard = cover_guards(verdict);
    int fd = listener->fd;
    if (!is_prepared(guard) || !cover_can_guard(fd, guard))
        return;
    memcpy(&bound, &listener->address, sizeof listener->address);
    if (guard)
        cover_note(fd, guard, &bound, NULL);
    if (!begin || tcp_option(fd, TCP_FASTOPEN) != 0)
        return;
    if (listener->tag.flags & NOTE_FOUND)
        handed_found();
    cover_note(fd, guard | cover_begin(fd, &bound, endpoint, queue_of(fd, verdict)), &bound,
               cover_takes_keys(fd, verdict) ? verdict->key_file : NULL);
}

static void follow(const struct record *listener, const struct policy *policy, bool begin)
{
    const struct policy_link link = {interface_listening, listener->fd};
    struct endpoint endpoint;
    if ((listener->tag.flags & NOTE_ASIDE) ||
        !endpoint_from_sockaddr(&endpoint, &listener->address.any, sizeof listener->address))
        return;
    struct server_verdict verdict = policy_server(policy, &endpoint, &link);
    bool covered = listener->tag.flags & NOTE_COVERED;
    if (covered && !verdict.fastopen)
        take_no_more(listener);
    else if (covered)
        take_otherwise(listener, &verdict);
    else if (verdict.fastopen)
        begin_to_take(listener, &endpoint, &verdict, begin);
}

static void follow_now(const struct record *listener)
{
    struct policy_hold hold = policy_hold();
    follow(listener, hold.policy, false);
    policy_release(hold);
}

static void follow_and_begin(const struct record *listener)
{
    struct policy_hold hold = policy_hold();
    follow(listener, hold.policy, true);
    policy_release(hold);
}

void listener_policy_changed(bool begin)
{
    if (!shim.dry_run && !ring_any())
        note_each(NOTE_ACCEPTING, begin ? follow_and_begin : follow_now);
}
