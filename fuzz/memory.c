/* SPDX-License-Identifier: MIT */
/*
 * Any bytes in the memory, and in the file that names one: a file is refused or used, and whatever
 * stands in the memory, what it says stays within its bounds. An input is a sequence of events, of
 * words written into the memory under the library, and of files.
 */
#include "input.h"

#include "memory/memory.h"
#include "memory/table.h"

#include <fcntl.h>
#include <sys/stat.h>

#define DESTINATIONS 12

static char directory[] = "/dev/shm/tfoshim-fuzz-XXXXXX", path[sizeof directory + 16];
static struct table shared; /* for the segment, which others write, too */
static uint32_t clock_now;

static uint32_t fake_now(void)
{
    return clock_now;
}

static void clean_up(void)
{
    unlink(path);
    rmdir(directory);
}

static void begin(void)
{
    if (mkdtemp(directory) == NULL)
        abort();
    snprintf(path, sizeof path, "%s/memory", directory);
    atexit(clean_up);
    memory_now = fake_now;
}

static struct memory_destination destination(uint8_t number)
{
    struct memory_destination to = {.netns = 1 + number % 2};
    to.endpoint.address[10] = to.endpoint.address[11] = 0xff;
    to.endpoint.address[12] = 10;
    to.endpoint.address[15] = number % DESTINATIONS;
    to.endpoint.port = number % 3 ? 443 : 80;
    return to;
}

/* A file that names a memory, or something else: of any content, any size. */
static void other_file(struct input *input)
{
    const struct table_mark mark = TABLE_MARK;
    const uint8_t kind = input_byte(input);
    uint8_t content[64] = {0};
    uint64_t token = 0;
    int fd;
    memcpy(content, &mark, sizeof mark);
    /* A header that is good in part, and bad in part. */
    for (unsigned changes = kind >> 1 & 7; changes > 0; changes--)
        content[input_byte(input) % sizeof content] = input_byte(input);
    unlink(path);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kind & 16 ? 0600 : 0640);
    if (fd < 0 || write(fd, content, kind & 1 ? 24 : input_byte(input) % sizeof content) < 0)
        abort();
    close(fd);
    if (name_make(path, &token) == NULL && token == 0)
        abort();
}

static bool is_used(unsigned index)
{
    return shared.destinations[index].tag != 0;
}

/* A word of an entry, or of the refusals. */
static void scribble(struct input *input)
{
    const unsigned where = input_byte(input), word = input_byte(input) % 32;
    const uint64_t value = input_word(input);
    size_t at = offsetof(struct table, refusals) + (size_t)where * 8;
    unsigned skip = where;
    for (unsigned i = 0; i < MEMORY_ENTRIES && where < 128; i++)
        if (is_used(i) && skip-- == 0)
            at = offsetof(struct table, destinations) + i * sizeof(struct entry) + word * 8u;
    memcpy((char *)&shared + at, &value, sizeof value);
}

static void happen(struct input *input, unsigned what)
{
    const struct memory_destination to = destination(input_byte(input));
    struct memory_handshake handshake = {0};
    switch (what % 12) {
    case 0:
        input_take(input, &handshake.rtt_us, 4);
        handshake.min_rtt_us = handshake.rtt_us / 2;
        handshake.room = (uint16_t)handshake.rtt_us;
        memory_connected(&to, &handshake);
        break;
    case 1:
        memory_struck(&to, input_byte(input) & 1);
        break;
    case 2:
        memory_deferred(&to);
        break;
    case 3:
        memory_started(&to);
        break;
    case 4:
        memory_syn_left(&to);
        break;
    case 5:
        memory_fast_opened(&to, input_byte(input) % (MEMORY_SYN_RETRANSMITTED + 1));
        break;
    case 6:
        memory_learn(&to, input_byte(input) % MEMORY_LESSONS);
        break;
    case 7:
        memory_unlearn(&to, input_byte(input) % MEMORY_LESSONS);
        break;
    case 8:
        memory_listener(&to, input_byte(input));
        break;
    case 9:
        memory_listener_accepted(&to);
        break;
    case 10:
        memory_cookie_request_lost(&to);
        break;
    default:
        memory_answered(&to);
        break;
    }
}

/* What is said may be wrong, but not without bounds. */
static void check(void)
{
    struct memory_entry entry;
    struct memory_listener_entry listener;
    for (uint8_t i = 0; i < 2 * DESTINATIONS; i++) {
        const struct memory_destination to = destination(i);
        const struct memory_knowledge known = memory_recall(&to);
        if (known.lessons >> MEMORY_LESSONS != 0)
            abort();
    }
    for (unsigned i = 0; i < MEMORY_ENTRIES; i++)
        if (is_used(i) && memory_entry(i, &entry) &&
            ((unsigned)entry.reason >= MEMORY_REASONS ||
             (entry.backed_off_until > clock_now &&
              entry.backed_off_until - clock_now > MEMORY_BACKOFF_MOST_S)))
            abort();
    for (unsigned i = 0; i < MEMORY_LISTENERS; i++)
        (void)memory_listener_entry(i, &listener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    if (path[0] == '\0')
        begin();
    clock_now = 1000;
    memset(&shared, 0, sizeof shared);
    table_use(&shared, geteuid());
    while (input.left > 0) {
        const uint8_t what = input_byte(&input);
        if (what < 160)
            happen(&input, what);
        else if (what < 230)
            scribble(&input);
        else if (what < 250)
            clock_now += (uint32_t)input_byte(&input) << input_byte(&input) % 12;
        else
            other_file(&input);
    }
    check();
    return 0;
}
