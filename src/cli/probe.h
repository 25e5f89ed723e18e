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

enum attempt_way {
    ATTEMPT_PLAIN, /* connect(), then the first write */
    ATTEMPT_ASK,   /* a handshake whose SYN asks for a cookie */
    ATTEMPT_FAST,  /* the first write in the SYN */
    ATTEMPT_WAYS,
};

enum attempt_end {
    ATTEMPT_ANSWERED, /* a byte came, or the end of the stream */
    ATTEMPT_SILENT,   /* connected, but nothing came in time, or nothing was waited for */
    ATTEMPT_REFUSED,  /* reset before or after the handshake, or unreachable: see error */
    ATTEMPT_TIMED_OUT,
};

/* Of the data of a SYN. */
enum attempt_fate {
    FATE_ACKED,
    FATE_ACKED_SILENT, /* but what it carried had no answer */
    FATE_ACKED_RESET,
    FATE_IGNORED,
    FATE_SWALLOWED, /* with the SYN */
    FATE_RESET,
    FATE_HELD_BACK, /* by the kernel, which had no cookie */
    FATE_LOST,      /* no connection at all */
    FATES,
};

/* What a plain connection can suffer as well. */
enum attempt_fault {
    FAULT_NONE,
    FAULT_SYN_LOST, /* it was sent again, or never answered */
    FAULT_FAILED,   /* reset, or unreachable */
    FAULT_SILENT,   /* no answer, where the server has answered before */
    FAULTS,
};

struct attempt {
    enum attempt_way way;
    enum attempt_end end;
    int error;
    double answer_ms; /* from before connect() to the first byte */
    bool is_connected;
    bool syn_lost;
    bool syn_data_acked;
    unsigned client_fail; /* the kernel's tcp_fastopen_client_fail */
    enum attempt_fate fate;
    enum attempt_fault fault;
    bool is_timed; /* one of those whose times are compared */
};

/* One connection, begun and ended; its result is in the attempt. */
void attempt_make(struct attempt *, const struct probe *, enum attempt_way);

/* Makes probe->data as its kind wants; false after a complaint. */
bool probe_make_data(struct probe *, const char *file);

/* ---- the trial ---- */

#define PROBE_COUNT_MOST 100
#define PROBE_ASK_MOST 2

enum probe_verdict {
    VERDICT_WORKS,
    VERDICT_UNREACHABLE, /* by a plain connection either */
    VERDICT_PLAIN_FAILS, /* in the same way: nothing can be said */
    VERDICT_REQUEST_MISHANDLED,
    VERDICT_UNSUPPORTED,
    VERDICT_DATA_MISHANDLED,
    VERDICT_HELD_BACK,
    VERDICT_IGNORED,
};

struct trial {
    struct probe *probe;
    /* In their order: the first plain one, twice as many requests as wanted and a plain one behind
     * each, as many pairs as wanted, and a last plain one. */
    struct attempt all[1 + 4 * PROBE_ASK_MOST + 2 * PROBE_COUNT_MOST + 1];
    unsigned count;
    bool had_cookie, has_cookie;
    enum probe_verdict verdict;
    enum attempt_fault blamed; /* of what is mishandled, or fails plainly */
};

/* Makes the connections, so many of each kind, and judges. False after a complaint: there is
 * nothing to judge. */
bool trial_run(struct trial *, int count);

unsigned trial_tried(const struct trial *, enum attempt_way);
unsigned trial_faults(const struct trial *, enum attempt_way, enum attempt_fault);
unsigned trial_fates(const struct trial *, enum attempt_fate);

/* ---- what is said of it ---- */

void probe_print_heading(const struct probe *);
void probe_print_report(const struct trial *);
void probe_print_json(const struct trial *);

#endif
