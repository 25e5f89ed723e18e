/* SPDX-License-Identifier: MIT */
#include "shim/handed.h"

#include "kernel/tcp.h"
#include "shim/environment.h"
#include "shim/listener.h"
#include "shim/log.h"
#include "shim/note.h"
#include "shim/own.h"
#include "shim/shim.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Beyond this number no listener is looked for. */
#define DESCRIPTORS_SEARCHED 65536

static atomic_uint any_found; /* some note says NOTE_FOUND and NOTE_COVERED */
static atomic_bool set_here;  /* TCP_FASTOPEN, by this process */
static atomic_bool set_ever;  /* the same, or by one that it is a child of */

void handed_uncover(int fd)
{
    tcp_set_option(fd, TCP_FASTOPEN, 0);
}

void handed_set(void)
{
    atomic_store(&set_here, true);
    atomic_store(&set_ever, true);
}

void handed_found(void)
{
    atomic_store(&any_found, 1);
}

static void put_back(int fd)
{
    handed_uncover(fd);
    note_change(fd, 0, NOTE_BOUND | NOTE_COVERED | NOTE_FOUND);
}

static bool is_found(unsigned flags)
{
    return (flags & NOTE_FOUND) && (flags & NOTE_COVERED);
}

static void put_back_found(const struct record *listener)
{
    if (is_found(listener->tag.flags))
        put_back(listener->fd);
}

static bool has_found(void)
{
    return atomic_load(&any_found) && record_is_own_process();
}

void handed_closing(int fd)
{
    if (has_found() && is_found(note_flags(fd)))
        handed_uncover(fd);
}

void handed_closing_range(unsigned first, unsigned last)
{
    if (has_found())
        note_each_in(NOTE_FOUND, first, last, put_back_found);
}

void handed_end(void)
{
    handed_closing_range(0, UINT_MAX);
}

static void leave_to_parent(const struct record *listener)
{
    note_change(listener->fd, 0, NOTE_FOUND);
}

void handed_forked(void)
{
    atomic_store(&set_here, false);
    if (atomic_exchange(&any_found, 0))
        note_each(NOTE_FOUND, leave_to_parent);
}

/* What was bound or listened on here has a note, mostly; another's the policy tells, as it told who
 * ran before this image. */
static bool is_ours(int fd, bool by_policy)
{
    unsigned flags = note_flags(fd);
    return !(flags & NOTE_ASIDE) &&
           (by_policy || (flags & (NOTE_BOUND | NOTE_COVERED | NOTE_GUARDS)));
}

/* Does it take data in SYNs, by the shim's doing, that has to be guarded? */
static bool needs_guard(int fd)
{
    struct server_verdict verdict;
    return tcp_option(fd, TCP_FASTOPEN) > 0 && listener_policy(fd, &verdict) &&
           is_ours(fd, verdict.fastopen) && verdict.first_read == FIRST_WRITE_REPLAY_SAFE;
}

static void hand_over(int fd)
{
    struct sockaddr_storage bound;
    socklen_t length;
    handed_uncover(fd);
    if (log_is_on(LOG_INFO) && tcp_local_address(fd, &bound, &length))
        log_connection(fd, (struct sockaddr *)&bound,
                       "listener no longer accepts SYN data: it goes to another process or program",
                       0);
}

static bool any_set(void)
{
    return (atomic_load(&set_ever) || listener_any()) && !shim.dry_run;
}

int handed_descriptors(void)
{
    struct {
        uint64_t soft, hard;
    } limit;
    if (tcp_call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0) != 0 ||
        limit.soft > DESCRIPTORS_SEARCHED)
        return DESCRIPTORS_SEARCHED;
    return (int)limit.soft;
}

/* A program that takes this one's place takes its listeners. One that begins beside it has them by
 * oversight, mostly, and this one goes on with them; but not where it is its standard input, as a
 * service of inetd's has it, or where nobody would guard it. The notes do not tell: descriptors are
 * moved about before an exec. */
void handed_to_image(char *const environment[], bool in_place)
{
    if (!any_set())
        return;
    bool all = (in_place && atomic_load(&set_here) && record_is_own_process()) ||
               !environment_has_library(environment);
    for (int fd = 0, end = all ? handed_descriptors() : STDERR_FILENO + 1; fd < end; fd++)
        if (needs_guard(fd) && !tcp_is_close_on_exec(fd))
            hand_over(fd);
}

void handed_to_process(int fd)
{
    if (any_set() && needs_guard(fd))
        hand_over(fd);
}

/* Not all have notes: whatever there is, is asked. A socket whose connect has failed may be
 * connected again by the ring, and is not to be deferred then. */
void handed_to_ring(void)
{
    struct server_verdict verdict;
    for (int fd = 0, end = shim.dry_run ? 0 : handed_descriptors(); fd < end; fd++)
        if (tcp_option(fd, TCP_FASTOPEN) > 0 &&
            is_ours(fd, listener_policy(fd, &verdict) && verdict.fastopen))
            put_back(fd);
        else if (own_has(fd) && tcp_option(fd, TCP_FASTOPEN_CONNECT) == 1 &&
                 !(note_flags(fd) & NOTE_ASIDE))
            tcp_set_option(fd, TCP_FASTOPEN_CONNECT, 0);
}
