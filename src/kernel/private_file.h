/* SPDX-License-Identifier: MIT */
/* Files with secrets. As tcp.h: no hooked name is called, errno is left alone. */
#ifndef TFOSHIM_KERNEL_PRIVATE_FILE_H
#define TFOSHIM_KERNEL_PRIVATE_FILE_H

#include "contract.h"

#include <stddef.h>
#include <stdint.h>

/* Reads a regular file, of root's or the caller's, that nobody but its owner can read or write: no
 * link, FIFO or device. Returns NULL, or what is wrong: "found ..., expected ...", or what errno
 * says. A file that fills the whole buffer is too long. */
const char *private_file_read(const char *path, char *buffer, size_t size,
                              size_t *length) NONNULL MUST_USE;

/* Another number where the file has been replaced, written to, or given other rights; 0: it is not
 * there. */
uint64_t private_file_version(const char *path) NONNULL;

#endif
