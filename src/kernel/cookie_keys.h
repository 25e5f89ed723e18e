/* SPDX-License-Identifier: MIT */
/* The keys that a server makes its cookies with, as text: the form of net.ipv4.tcp_fastopen_key. */
#ifndef TFOSHIM_KERNEL_COOKIE_KEYS_H
#define TFOSHIM_KERNEL_COOKIE_KEYS_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COOKIE_KEY_BYTES 16
#define COOKIE_KEY_DIGITS 35 /* 8-8-8-8, and between two keys a comma */
#define COOKIE_KEYS_TEXT_SIZE (2 * COOKIE_KEY_DIGITS + 2)

#define COOKIE_KEYS_EXPECTED                                                                       \
    "a key xxxxxxxx-xxxxxxxx-xxxxxxxx-xxxxxxxx of hexadecimal digits, or two with a comma between"

/* The first makes cookies, and both are good for those that come. */
struct cookie_keys {
    unsigned count;
    uint8_t bytes[2 * COOKIE_KEY_BYTES]; /* as TCP_FASTOPEN_KEY has them */
};

/* False for any other form. White space at the end is none of it. */
bool cookie_keys_read(struct cookie_keys *, const char *text, size_t length) NONNULL;

void cookie_keys_write(char text[COOKIE_KEYS_TEXT_SIZE], const struct cookie_keys *) NONNULL;

/* Reads them from a file that nobody but its owner can read (private_file.h). NULL, or what is
 * wrong. */
const char *cookie_keys_load(const char *path, struct cookie_keys *) NONNULL MUST_USE;

/* Of a socket of its own (TCP_FASTOPEN_KEY, Linux >= 4.16): sets them, returns 0 or the errno; does
 * it have any? */
int cookie_keys_give(int fd, const struct cookie_keys *) NONNULL;
bool cookie_keys_has(int fd);

#endif
