/* SPDX-License-Identifier: MIT */
#include "cli/probe.h"
#include "cli/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FILE_MOST 65536

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
    put_number(writer, sizeof(suites), 2);
    put(writer, suites, sizeof(suites));
    put(writer, "\x01\0", 2);
    put_extensions(writer, place);
    end(writer, message, 3);
    end(writer, record, 2);
}

static void write_head(struct writer *writer, const struct place *place)
{
    const bool brackets = strchr(place->host, ':') != NULL;

    writer->used = (size_t)snprintf((char *)writer->bytes, sizeof(writer->bytes),
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
