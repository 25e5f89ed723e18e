/* SPDX-License-Identifier: MIT */
/*
 * A library to preload in the shim's stead: of what a program writes to sockets it spoils every
 * second piece, in the way that LIAR says: a client makes two transfers before it goes on as
 * another. A comparison that does not see it would see nothing of the shim.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ONE_IN 2

typedef ssize_t writer(int fd, const void *bytes, size_t length);

static ssize_t write_wrong(writer *next, int fd, const void *bytes, size_t length)
{
    unsigned char *copy = malloc(length);
    ssize_t written;
    if (!copy)
        return -1;
    memcpy(copy, bytes, length);
    copy[length / 2] ^= 1;
    written = next(fd, copy, length);
    free(copy);
    return written;
}

static ssize_t spoil(writer *next, int fd, const void *bytes, size_t length)
{
    const char *how = getenv("LIAR");
    if (how && strcmp(how, "wrong") == 0)
        return write_wrong(next, fd, bytes, length);
    if (how && strcmp(how, "lost") == 0)
        return (ssize_t)length;
    errno = EPIPE;
    return -1;
}

__attribute__((visibility("default"))) ssize_t write(int fd, const void *bytes, size_t length)
{
    static atomic_uint count;
    writer *next = (writer *)dlsym(RTLD_NEXT, "write");
    int error = errno;
    int type;
    socklen_t size = sizeof type;
    bool is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    errno = error;
    if (!is_socket || length == 0 || ++count % ONE_IN)
        return next(fd, bytes, length);
    return spoil(next, fd, bytes, length);
}
