/* SPDX-License-Identifier: MIT */
#include "shim/rehearsal.h"

#include "kernel/tcp.h"
#include "memory/run_figures.h"
#include "shim/contact.h"
#include "shim/log.h"
#include "shim/next.h"
#include "shim/verbs.h"

#include <errno.h>

/* What a plain connect teaches is true all the same, and remembered: the second connect of a dry
 * run is judged as it would be. */
int rehearsal_connect(struct record *record, bool would_defer, const struct sockaddr *address,
                      socklen_t length)
{
    int result = NEXT(connect)(record->fd, address, length);
    int error = errno;
    bool under_way = result != 0 && error == EINPROGRESS;
    if (would_defer && (result == 0 || under_way)) {
        run_figures_add(RUN_DEFERRED, 1);
        record->tag.flags |= RECORD_WOULD_DEFER;
        verb_tell(record, "would be deferred", 0);
    }
    record->tag.state = under_way ? RECORD_CONTACT : RECORD_REHEARSED;
    if (result == 0)
        contact_completed(record);
    else if (verb_is_refusal(error))
        contact_failed(record);
    if (under_way || (record->tag.flags & RECORD_WOULD_DEFER))
        record_put(&record_connections, record);
    errno = error;
    return result;
}

bool rehearsal_find(int fd, struct record *record)
{
    if (!record_get(&record_connections, fd, record) ||
        tcp_socket_cookie(fd) != record->socket_cookie)
        return false;
    /* A program need not ask how its connect has ended. */
    if (record->tag.state == RECORD_CONTACT && tcp_has_connected(fd))
        verb_established(record);
    return record->tag.state == RECORD_REHEARSED;
}

void rehearsal_end(struct record *record, bool has_data)
{
    struct tcp_opening opening = {.rtt_us = 0};
    run_figures_add(has_data ? RUN_OPENED : RUN_STARTED, 1);
    if (has_data && tcp_opening(record->fd, &opening)) {
        run_figures_add(RUN_ACCEPTED, 1);
        run_figures_add(RUN_SAVED_US, opening.rtt_us);
    }
    if (log_is_on(LOG_DEBUG))
        log_round_trip(record->fd, &record->address.any,
                       has_data ? "would have been opened with data in the SYN"
                                : "would have been started",
                       opening.rtt_us);
    record_forget(&record_connections, record);
}
