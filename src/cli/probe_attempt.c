/* SPDX-License-Identifier: MIT */
/* One connection, and what is sent on it. */
#include "cli/probe.h"
#include "cli/util.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define FILE_MOST 65536

/* Values of client_fail (linux/tcp.h). */
enum { CLIENT_FAIL_NO_COOKIE = 1, CLIENT_FAIL_NOT_ACKED = 2, CLIENT_FAIL_SYN_RETRANSMITTED = 3 };

/* Bytes as they are written; lengths are put in when what they count is there. */
struct writer {
    unsigned char bytes[1024];
    size_t used;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
    memcpy(writer->bytes + writer->used, bytes, size);
    writer->used += size;
}

static void put_number(struct writer *writer, unsigned number, size_t size)
{
    for (size_t i = size; i-- > 0;)
        writer->bytes[writer->used++] = (unsigned char)(number >> 8 * i);
}

static void put_random(struct writer *writer, size_t size)
{
    /* Nothing here is secret, but servers may look for repetitions. */
    if (getrandom(writer->bytes + writer->used, size, 0) < 0)
        memset(writer->bytes + writer->used, 1, size);
    writer->used += size;
}

/* Where a length of `size` bytes goes. */
static size_t begin(struct writer *writer, size_t size)
{
    put_number(writer, 0, size);
    return writer->used;
}

static void end(struct writer *writer, size_t begun, size_t size)
{
    const size_t used = writer->used;
    writer->used = begun - size;
    put_number(writer, (unsigned)(used - begun), size);
    writer->used = used;
}

static void put_extension(struct writer *writer, unsigned type, const void *body, size_t size)
{
    put_number(writer, type, 2);
    put_number(writer, (unsigned)size, 2);
    put(writer, body, size);
}

static void put_server_name(struct writer *writer, const char *name)
{
    size_t extension, list;
    put_number(writer, 0, 2);
    extension = begin(writer, 2);
    list = begin(writer, 2);
    put_number(writer, 0, 1); /* host_name */
    put_number(writer, (unsigned)strlen(name), 2);
    put(writer, name, strlen(name));
    end(writer, list, 2);
    end(writer, extension, 2);
}

/* Any 32 bytes are a public key of X25519; the handshake is not going to be finished. */
static void put_key_share(struct writer *writer)
{
    put(writer, "\0\x33\0\x26\0\x24\0\x1d\0\x20", 10);
    put_random(writer, 32);
}

static void put_extensions(struct writer *writer, const struct place *place)
{
    size_t extensions = begin(writer, 2);
    if (!place->is_numeric)
        put_server_name(writer, place->host);
    put_extension(writer, 10, "\0\x04\0\x1d\0\x17", 6); /* groups: x25519, secp256r1 */
    put_extension(writer, 11, "\x01\0", 2);             /* points: uncompressed */
    put_extension(writer, 13, "\0\x0e\x04\x03\x05\x03\x08\x04\x08\x05\x08\x06\x04\x01\x05\x01", 16);
    put_extension(writer, 43, "\x04\x03\x04\x03\x03", 5); /* versions: TLS 1.3, 1.2 */
    put_extension(writer, 45, "\x01\x01", 2);             /* psk_dhe_ke */
    put_key_share(writer);
    end(writer, extensions, 2);
}

/* A ClientHello that servers of TLS 1.2 and 1.3 answer (RFC 8446, 4.1.2). */
static void write_client_hello(struct writer *writer, const struct place *place)
{
    static const unsigned char suites[] = {0x13, 0x01, 0x13, 0x02, 0x13, 0x03, 0xc0, 0x2b,
                                           0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xcc, 0xa9,
                                           0xcc, 0xa8, 0x00, 0x9c, 0x00, 0x2f};
    size_t record, message;
    put(writer, "\x16\x03\x01", 3);
    record = begin(writer, 2);
    put_number(writer, 1, 1);
    message = begin(writer, 3);
    put(writer, "\x03\x03", 2);
    put_random(writer, 32);
    put_number(writer, 32, 1); /* a session id, for middleboxes that want one */
    put_random(writer, 32);
    put_number(writer, sizeof suites, 2);
    put(writer, suites, sizeof suites);
    put(writer, "\x01\0", 2);
    put_extensions(writer, place);
    end(writer, message, 3);
    end(writer, record, 2);
}

static void write_head(struct writer *writer, const struct place *place)
{
    const bool brackets = strchr(place->host, ':') != NULL;
    writer->used = (size_t)snprintf((char *)writer->bytes, sizeof writer->bytes,
                                    "HEAD / HTTP/1.1\r\n"
                                    "Host: %s%s%s\r\n"
                                    "User-Agent: tfoshim/" TFOSHIM_VERSION "\r\n"
                                    "Connection: close\r\n"
                                    "\r\n",
                                    brackets ? "[" : "", place->host, brackets ? "]" : "");
}

static bool read_file(struct probe *probe, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        complain_errno("probe: cannot read %s", path);
        return false;
    }
    probe->data = need_memory(malloc(FILE_MOST));
    probe->size = fread(probe->data, 1, FILE_MOST, file);
    if (ferror(file)) {
        complain_errno("probe: cannot read %s", path);
        probe->size = 0;
    } else if (probe->size == 0) {
        complain("probe: %s: found nothing, expected a first write", path);
    }
    fclose(file);
    return probe->size > 0;
}

bool probe_make_data(struct probe *probe, const char *file)
{
    struct writer writer = {.used = 0};
    if (probe->kind == PROBE_FILE)
        return read_file(probe, file);
    if (probe->kind == PROBE_TLS)
        write_client_hello(&writer, &probe->place);
    else
        write_head(&writer, &probe->place);
    probe->data = need_memory(malloc(writer.used));
    probe->size = writer.used;
    memcpy(probe->data, writer.bytes, writer.used);
    return true;
}

/* ---- the connection ---- */

struct run {
    const struct probe *probe;
    struct attempt *attempt;
    int fd;
    double begun_ms;
    size_t sent;
};

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000;
}

/* Waits for readiness until the attempt's time is over. */
static bool wait_for(const struct run *run, short events)
{
    struct pollfd waiting = {.fd = run->fd, .events = events};
    for (;;) {
        double left = run->begun_ms + run->probe->timeout_ms - now_ms();
        int ready = left > 0 ? poll(&waiting, 1, (int)left + 1) : 0;
        if (ready >= 0 || errno != EINTR)
            return ready > 0;
    }
}

static bool fail(struct run *run, int error)
{
    run->attempt->end = error == ETIMEDOUT ? ATTEMPT_TIMED_OUT : ATTEMPT_REFUSED;
    run->attempt->error = error;
    return false;
}

/* The SYN leaves, with or without data; false if that has failed already. */
static bool start(struct run *run, enum attempt_way way)
{
    const struct probe *probe = run->probe;
    const struct sockaddr *address = (const struct sockaddr *)&probe->address;
    ssize_t sent = 0;
    int result;
    run->begun_ms = now_ms();
    if (way == ATTEMPT_PLAIN) {
        result = connect(run->fd, address, probe->length);
    } else {
        sent = sendto(run->fd, probe->data, way == ATTEMPT_FAST ? probe->size : 0,
                      MSG_FASTOPEN | MSG_NOSIGNAL, address, probe->length);
        result = sent < 0 ? -1 : 0;
    }
    if (result != 0 && errno != EINPROGRESS)
        return fail(run, errno);
    run->sent = sent > 0 ? (size_t)sent : 0;
    return true;
}

static bool finish_handshake(struct run *run)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (!wait_for(run, POLLOUT))
        return fail(run, ETIMEDOUT);
    if (getsockopt(run->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    return error == 0 || fail(run, error);
}

static bool send_rest(struct run *run)
{
    while (run->sent < run->probe->size) {
        ssize_t sent =
            send(run->fd, run->probe->data + run->sent, run->probe->size - run->sent, MSG_NOSIGNAL);
        if (sent >= 0)
            run->sent += (size_t)sent;
        else if (errno != EAGAIN)
            return fail(run, errno);
        else if (!wait_for(run, POLLOUT))
            return fail(run, ETIMEDOUT);
    }
    return true;
}

static void await_answer(struct run *run)
{
    char byte;
    run->attempt->end = ATTEMPT_SILENT;
    if (!run->probe->server_answers || !wait_for(run, POLLIN))
        return;
    run->attempt->answer_ms = now_ms() - run->begun_ms;
    if (recv(run->fd, &byte, 1, 0) < 0)
        fail(run, errno);
    else
        run->attempt->end = ATTEMPT_ANSWERED;
}

/* Right after the handshake, before anything else is sent again. Data that the SYN-ACK has not
 * acknowledged has been by then: of this the kernel says whether the SYN was. */
static void look_at_handshake(const struct run *run)
{
    struct attempt *attempt = run->attempt;
    struct tcp_info info;
    socklen_t length = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(run->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        return;
    attempt->client_fail = info.tcpi_fastopen_client_fail;
    attempt->syn_data_acked = (info.tcpi_options & TCPI_OPT_SYN_DATA) != 0;
    attempt->syn_lost =
        attempt->client_fail == CLIENT_FAIL_SYN_RETRANSMITTED ||
        (attempt->client_fail != CLIENT_FAIL_NOT_ACKED && info.tcpi_total_retrans > 0);
}

static enum attempt_fate fate_of(const struct attempt *attempt, bool server_answers)
{
    if (attempt->syn_data_acked && attempt->end == ATTEMPT_REFUSED)
        return FATE_ACKED_RESET;
    if (attempt->syn_data_acked)
        return attempt->end == ATTEMPT_ANSWERED || !server_answers ? FATE_ACKED : FATE_ACKED_SILENT;
    if (!attempt->is_connected && attempt->end == ATTEMPT_TIMED_OUT)
        return FATE_LOST;
    if (attempt->syn_lost)
        return FATE_SWALLOWED;
    if (attempt->end == ATTEMPT_REFUSED)
        return FATE_RESET;
    return attempt->client_fail == CLIENT_FAIL_NO_COOKIE ? FATE_HELD_BACK : FATE_IGNORED;
}

static enum attempt_fault fault_of(const struct attempt *attempt, bool server_answers)
{
    if (attempt->syn_lost || (!attempt->is_connected && attempt->end == ATTEMPT_TIMED_OUT))
        return FAULT_SYN_LOST;
    if (attempt->end == ATTEMPT_REFUSED)
        return FAULT_FAILED;
    if (attempt->end == ATTEMPT_TIMED_OUT)
        return FAULT_SILENT;
    return attempt->end == ATTEMPT_SILENT && attempt->way != ATTEMPT_ASK && server_answers
               ? FAULT_SILENT
               : FAULT_NONE;
}

void attempt_make(struct attempt *attempt, const struct probe *probe, enum attempt_way way)
{
    struct run run = {.probe = probe, .attempt = attempt};
    *attempt = (struct attempt){.way = way, .end = ATTEMPT_SILENT};
    run.fd = socket(probe->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (run.fd < 0) {
        fail(&run, errno);
    } else if (start(&run, way)) {
        attempt->is_connected = finish_handshake(&run);
        look_at_handshake(&run);
        if (attempt->is_connected && way != ATTEMPT_ASK && send_rest(&run))
            await_answer(&run);
    }
    if (run.fd >= 0)
        close(run.fd);
    attempt->fate = fate_of(attempt, probe->server_answers);
    attempt->fault = fault_of(attempt, probe->server_answers);
}
