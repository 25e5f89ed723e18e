/* SPDX-License-Identifier: MIT */
#ifndef NETWORKS_TRANSFER_H
#define NETWORKS_TRANSFER_H

#include <stdbool.h>
#include <sys/socket.h>

#include "message.h"

/* How a transfer ends; way_names has their names. */
enum way {
    WAY_CLOSE,
    WAY_HALF_CLOSE,
    WAY_READ,
    WAY_LINGER,
    WAY_RESET,
    WAY_READ_RESET,
    WAY_EXIT,
    WAY_GREETED,
    WAYS
};

extern const char *const way_names[WAYS];

struct endpoint {
    struct sockaddr_storage address;
    socklen_t length;
};

struct transfer {
    struct endpoint to;
    struct message message;
    enum way way;
    bool native; /* by Fast Open, as programs do that know of it */
    bool nonblocking;
    bool epoll; /* where it waits, it does so by epoll and not by poll */
};

enum stage {
    STAGE_DONE,
    STAGE_SOCKET,
    STAGE_CONNECT,
    STAGE_WRITE,
    STAGE_SHUTDOWN,
    STAGE_READ,
    STAGE_CLOSE,
    STAGE_EXIT,
    STAGES
};

extern const char *const stage_names[STAGES];

/* Where it failed and why; wrong bytes are no failure of a call. */
struct result {
    enum stage stage;
    int error;
    size_t wrong;
};

/* For WAY_EXIT it returns with the socket open: whoever called it exits. */
struct result transfer_run(const struct transfer *transfer);

#endif
