/* SPDX-License-Identifier: MIT */
/* Any bytes as a first write. The first two say how much of the rest is in view. */
#include "input.h"

#include "policy/first_write.h"

static bool is_crlf(const uint8_t *bytes, size_t at, size_t size)
{
    return bytes[at] == '\r' && (at + 1 == size || bytes[at + 1] == '\n');
}

/* What was let through as text is a GET, a HEAD or an OPTIONS, and nothing in it ends a line for
 * one server and not for another, or continues one. */
static void check_request(const uint8_t *bytes, size_t size)
{
    if (memcmp(bytes, "GET ", 4) != 0 && memcmp(bytes, "HEAD", 4) != 0 &&
        memcmp(bytes, "OPTI", 4) != 0)
        abort();
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == 0 || (bytes[i] == '\r' && !is_crlf(bytes, i, size)))
            abort();
        if (i > 0 && bytes[i - 1] == '\n' && (bytes[i] == ' ' || bytes[i] == '\t'))
            abort();
        if (i > 1 && bytes[i - 2] == '\n' && bytes[i - 1] == '\n')
            abort();
    }
}

/* Of a query, the type of the question is the last but one word before what may follow. */
static void check_query(const uint8_t *bytes, size_t size)
{
    size_t end = 14;

    if (size < 19 || bytes[7] != 1 || (size_t)(bytes[0] << 8 | bytes[1]) != size - 2)
        abort();
    while (end < size && bytes[end] != 0)
        end += bytes[end] + 1u;
    if (end + 4 >= size || (bytes[end + 1] << 8 | bytes[end + 2]) == 249)
        abort();
}

static void check(const uint8_t *bytes, size_t size)
{
    if (size < 9)
        abort();
    if (bytes[0] == 0x16 && bytes[1] == 3) {
        if (bytes[5] != 1)
            abort();
    } else if (bytes[0] >= 'A' && bytes[1] >= 'A') {
        check_request(bytes, size);
    } else {
        check_query(bytes, size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t view;
    uint8_t *bytes;

    if (size < 2)
        return 0;
    view = (size_t)data[0] << 8 | data[1];
    data += 2;
    size -= 2;
    if (view > size)
        view = size;
    bytes = input_block(data, view);
    if (first_write_is_replay_safe(bytes, view, size)) {
        if (view != size)
            abort();
        check(bytes, size);
    }
    free(bytes);
    return 0;
}
