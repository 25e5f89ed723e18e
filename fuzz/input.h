/* SPDX-License-Identifier: MIT */
/* What the fuzzers share: an input, taken apart piece by piece, or shown as a file. */
#ifndef TFOSHIM_FUZZ_INPUT_H
#define TFOSHIM_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *at;
    size_t left;
};

/* As many bytes as there are, zeros for those that there are not. */
static inline void input_take(struct input *input, void *to, size_t size)
{
    const size_t some = size < input->left ? size : input->left;
    memset(to, 0, size);
    if (some > 0)
        memcpy(to, input->at, some);
    input->at += some;
    input->left -= some;
}

static inline uint8_t input_byte(struct input *input)
{
    uint8_t byte;
    input_take(input, &byte, 1);
    return byte;
}

static inline uint64_t input_word(struct input *input)
{
    uint64_t word;
    input_take(input, &word, sizeof word);
    return word;
}

/* A copy in a block of exactly its size: a byte read past it is seen. */
static inline void *input_block(const uint8_t *data, size_t size)
{
    void *block = malloc(size > 0 ? size : 1);
    if (block == NULL)
        abort();
    if (size > 0)
        memcpy(block, data, size);
    return block;
}

static char input_name[] = "/dev/shm/tfoshim-fuzz.XXXXXX";

static inline void input_remove(void)
{
    unlink(input_name);
}

/* The bytes as a file, which has the name that is returned; there is one at a time. No memfd: what
 * looks names up beneath a root goes through none of the kernel's own links. */
static inline const char *input_file(const uint8_t *data, size_t size)
{
    static int fd = -1;
    if (fd < 0) {
        fd = mkstemp(input_name);
        atexit(input_remove);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    return input_name;
}

#endif
