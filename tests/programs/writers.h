/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WRITERS_H
#define TESTS_WRITERS_H

#include "common.h"

/* One call that writes; returns how many bytes it took, -1 with errno. */
typedef ssize_t writer(int fd, const struct address *peer, const void *bytes, size_t length);

/* The writer of that name, or NULL. */
writer *writer_find(const char *call);

#endif
