/* SPDX-License-Identifier: MIT */
#include "kernel/cookie_keys.h"

#include "kernel/private_file.h"
#include "kernel/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Each group of digits is a number, and its lowest byte comes first: so the sysctl has it. */
static bool read_key(uint8_t bytes[COOKIE_KEY_BYTES], const char *text)
{
    for (size_t group = 0; group < 4; group++, text += 9) {
        if (group < 3 && text[8] != '-')
            return false;
        for (size_t i = 0; i < 4; i++) {
            int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
            if (high < 0 || low < 0)
                return false;
            bytes[group * 4 + 3 - i] = (uint8_t)(high << 4 | low);
        }
    }
    return true;
}

static bool is_space(char c)
{
    return c == '\n' || c == ' ' || c == '\t' || c == '\r';
}

bool cookie_keys_read(struct cookie_keys *keys, const char *text, size_t length)
{
    while (length > 0 && is_space(text[length - 1]))
        length--;
    keys->count = length == COOKIE_KEY_DIGITS ? 1 : 2;
    if (length != COOKIE_KEY_DIGITS &&
        !(length == 2 * COOKIE_KEY_DIGITS + 1 && text[COOKIE_KEY_DIGITS] == ','))
        return false;
    for (unsigned i = 0; i < keys->count; i++)
        if (!read_key(keys->bytes + (size_t)i * COOKIE_KEY_BYTES,
                      text + (size_t)i * (COOKIE_KEY_DIGITS + 1)))
            return false;
    return true;
}

static char *write_key(char *to, const uint8_t bytes[COOKIE_KEY_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < COOKIE_KEY_BYTES; i++) {
        uint8_t byte = bytes[(i & ~3U) + 3 - (i & 3U)];
        if (i % 4 == 0 && i > 0)
            *to++ = '-';
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    return to;
}

void cookie_keys_write(char text[COOKIE_KEYS_TEXT_SIZE], const struct cookie_keys *keys)
{
    text = write_key(text, keys->bytes);
    if (keys->count > 1) {
        *text++ = ',';
        text = write_key(text, keys->bytes + COOKIE_KEY_BYTES);
    }
    *text = '\0';
}

const char *cookie_keys_load(const char *path, struct cookie_keys *keys)
{
    char text[COOKIE_KEYS_TEXT_SIZE + 32];
    size_t length;
    const char *problem = private_file_read(path, text, sizeof text, &length);
    if (!problem && !cookie_keys_read(keys, text, length))
        problem = "found something else, expected " COOKIE_KEYS_EXPECTED;
    explicit_bzero(text, sizeof text);
    return problem;
}

int cookie_keys_give(int fd, const struct cookie_keys *keys)
{
    return (int)-tcp_call(SYS_setsockopt, fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, (long)keys->bytes,
                          (long)keys->count * COOKIE_KEY_BYTES, 0);
}

bool cookie_keys_has(int fd)
{
    uint8_t bytes[2 * COOKIE_KEY_BYTES];
    socklen_t length = sizeof bytes;
    return tcp_call(SYS_getsockopt, fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, (long)bytes, (long)&length,
                    0) == 0 &&
           length > 0;
}
