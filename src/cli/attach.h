/* SPDX-License-Identifier: MIT */
/* TCP_FASTOPEN on the listeners of processes that run already, without the library. */
#ifndef TFOSHIM_CLI_ATTACH_H
#define TFOSHIM_CLI_ATTACH_H

#include "cli/attach_listeners.h"
#include "cli/attach_record.h"

struct attach_request {
    const char *verb;
    const char *word; /* which process or unit, as it was typed */
    int port;         /* 0: all */
    int queue;        /* 0: as long as each listener's backlog */
    bool may_repeat;  /* whoever runs it has said that a repeated request does no harm */
};

/* Each prints what became of every listener, and returns the exit status. */
int attach_set(const struct attach_request *, const struct attach_listeners *,
               struct attach_record *);
int attach_put_back(const struct attach_request *, const struct attach_listeners *,
                    struct attach_record *);

#endif
