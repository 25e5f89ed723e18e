/* SPDX-License-Identifier: MIT */
/* The connections that `tfoshim probe` makes. */
#ifndef TFOSHIM_CLI_PROBE_H
#define TFOSHIM_CLI_PROBE_H

#include "cli/place.h"

#include <stdbool.h>
#include <sys/socket.h>

enum probe_kind { PROBE_HTTP, PROBE_TLS, PROBE_FILE };

struct probe {
    struct place place;
    enum probe_kind kind;
    unsigned char *data; /* the first write: bytes that are safe to repeat */
    size_t size;
    int timeout_ms;
    bool server_answers; /* else only handshakes are examined */
    struct sockaddr_storage address;
    socklen_t length;
    struct endpoint endpoint;
};

enum attempt_end {
    ATTEMPT_ANSWERED, /* a byte came, or the end of the stream */
    ATTEMPT_SILENT,   /* connected, but nothing came in time */
    ATTEMPT_REFUSED,  /* reset before or after the handshake, or unreachable: see error */
    ATTEMPT_TIMED_OUT,
};

struct attempt {
    enum attempt_end end;
    int error;
    double answer_ms; /* from before connect() to the first byte */
    bool syn_data_acked;
    unsigned client_fail; /* the kernel's tcp_fastopen_client_fail */
    unsigned retransmissions;
};

/* Values of client_fail (linux/tcp.h). */
enum { CLIENT_FAIL_NO_COOKIE = 1, CLIENT_FAIL_NOT_ACKED = 2, CLIENT_FAIL_SYN_RETRANSMITTED = 3 };

enum attempt_way {
    ATTEMPT_PLAIN, /* connect(), then the first write */
    ATTEMPT_FAST,  /* the first write in the SYN */
    ATTEMPT_ASK,   /* a handshake whose SYN asks for a cookie */
};

/* One connection, begun and ended; its result is in the attempt. */
void attempt_make(struct attempt *, const struct probe *, enum attempt_way);

/* Makes probe->data as its kind wants; false after a complaint. */
bool probe_make_data(struct probe *, const char *file);

#endif
