/* SPDX-License-Identifier: MIT */
/*
 * Any bytes in the memory's file: it is refused, or used, and whatever stands in it, what the
 * memory says stays within its bounds. An input is a sequence of events, of words written into the
 * file under the library, and of files to begin again with.
 */
#include "input.h"

#include "memory/memory.h"
#include "memory/table.h"

#include <fcntl.h>
#include <sys/stat.h>

#define DESTINATIONS 12

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);

static char directory[] = "/dev/shm/tfoshim-fuzz-XXXXXX", path[sizeof(directory) + 16];
static void *mapped;
static uint32_t clock_now;

static uint32_t fake_now(void)
{
    return clock_now;
}

/* The library never unmaps a file, which another thread may be in. */
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *found = __real_mmap(at, size, protection, flags, fd, offset);

    if (found != MAP_FAILED && size == sizeof(struct table)) {
        if (mapped != NULL)
            munmap(mapped, sizeof(struct table));
        mapped = found;
    }
    return found;
}

void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return __wrap_mmap(at, size, protection, flags, fd, offset);
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
    snprintf(path, sizeof(path), "%s/memory", directory);
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

/* Another file than the one that the library has made: of any header, any size. */
static void other_file(struct input *input)
{
    static uint8_t page[sizeof(struct table)];
    const uint8_t kind = input_byte(input);
    size_t size = kind & 1 ? sizeof(page) : (size_t)(input_word(input) % (2 * sizeof(page)));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ssize_t had = fd < 0 ? -1 : pread(fd, page, sizeof(page), 0);

    if (had < 0)
        abort();
    /* A header that is good in part, and bad in part. */
    for (unsigned changes = kind >> 1 & 7; changes > 0; changes--)
        page[input_byte(input) % sizeof(struct table_header)] = input_byte(input);
    unlink(path);
    close(fd);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kind & 16 ? 0600 : 0640);
    if (fd < 0 || write(fd, page, size < sizeof(page) ? size : sizeof(page)) < 0 ||
        ftruncate(fd, (off_t)size) != 0)
        abort();
    close(fd);
    (void)memory_set_up(path, NULL, memory_program("fuzz"));
}

static bool is_used(unsigned index)
{
    return mapped != NULL && ((struct table *)mapped)->destinations[index].tag != 0;
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
    if (mapped != NULL)
        memcpy((char *)mapped + at, &value, sizeof(value));
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
    if (mapped == NULL)
        (void)memory_set_up(path, NULL, memory_program("fuzz"));
    if (mapped != NULL)
        memset((char *)mapped + sizeof(struct table_header), 0,
               sizeof(struct table) - sizeof(struct table_header));
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
