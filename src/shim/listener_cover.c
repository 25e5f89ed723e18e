/* SPDX-License-Identifier: MIT */
#include "shim/listener_cover.h"

#include "kernel/cookie_keys.h"
#include "kernel/tcp.h"
#include "kernel/tcp_opening.h"
#include "memory/memory.h"
#include "memory/run_figures.h"
#include "shim/concern.h"
#include "shim/handed.h"
#include "shim/listener.h"
#include "shim/listener_key.h"
#include "shim/log.h"
#include "shim/machine.h"
#include "shim/note.h"
#include "shim/pending.h"
#include "shim/ring.h"
#include "shim/shim.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

bool cover_set_queue(int fd, const struct sockaddr *address, int queue)
{
    bool done = tcp_set_option(fd, TCP_FASTOPEN, queue) == 0;
    if (done)
        handed_set();
    if (log_is_on(LOG_DEBUG))
        log_connection(fd, address,
                       done ? "listener accepts SYN data" : "the kernel refused TCP_FASTOPEN", 0);
    return done;
}

/* The program may have given it a key; what bind() has given it is taken anew. */
bool cover_takes_keys(int fd, const struct server_verdict *verdict)
{
    return verdict->key_file && !shim.dry_run &&
           ((note_flags(fd) & NOTE_KEYED) || !cookie_keys_has(fd));
}

static unsigned rehearse(int fd, const struct sockaddr_storage *bound)
{
    run_figures_add(RUN_LISTENERS, 1);
    if (log_is_on(LOG_DEBUG))
        log_connection(fd, (const struct sockaddr *)bound, "listener would accept SYN data", 0);
    return 0;
}

unsigned cover_guards(const struct server_verdict *verdict)
{
    return verdict->first_read == FIRST_WRITE_REPLAY_SAFE ? NOTE_GUARDS : 0;
}

/* Is what the guard is made of to be had? A sandbox may refuse any of it, and then no SYN is to
 * bring anything. There is nothing to peek at here, which is the answer of a kernel that was
 * asked. */
bool cover_can_guard(int fd, unsigned guard)
{
    return !guard ||
           (tcp_state(fd) >= 0 && tcp_socket_cookie(fd) != 0 && pending_is_possible() &&
            tcp_set_least_to_read(fd, tcp_least_to_read(fd)) && tcp_peek(fd) == -ENOTCONN);
}

/* On a socket that listens, or is about to. Returns the flag for its note. */
unsigned cover_begin(int fd, const struct sockaddr_storage *bound, const struct endpoint *endpoint,
                     int queue)
{
    if (shim.dry_run)
        return rehearse(fd, bound);
    if (ring_any())
        return 0;
    struct memory_destination listener = {.netns = tcp_netns_cookie(fd), .endpoint = *endpoint};
    if (!cover_set_queue(fd, (const struct sockaddr *)bound, queue))
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
    if (atomic_exchange(&listener_covered, 1))
        concern_remove_descriptors(1);
}

void cover_note(int fd, unsigned flags, const struct sockaddr_storage *bound, const char *key_file)
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
