/* SPDX-License-Identifier: MIT */
/* Names and options of a socket that the program believes connected. */
#include "shim/hook.h"

#include "shim/listener.h"
#include "shim/program_memory.h"

#include <netinet/tcp.h>
#include <string.h>

/* While the handshake is not over the kernel says ENOTCONN. */
SHIM_HOOK int getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    union record_address peer;
    int saved = errno;
    int result = NEXT(getpeername)(fd, address, length);
    if (result == 0 || errno != ENOTCONN || !record_present(fd) || !connection_peer(fd, &peer))
        return result;
    socklen_t full = peer.any.sa_family == AF_INET6 ? sizeof peer.in6 : sizeof peer.in;
    if (!program_memory_readable(length, sizeof *length) ||
        !program_memory_readable(address, *length < full ? *length : full))
        return hook_fail(EFAULT);
    memcpy(address, &peer, *length < full ? *length : full);
    *length = full;
    errno = saved;
    return 0;
}

/* SO_ERROR is how a program asks whether its non-blocking connect has succeeded; what TCP_INFO and its
 * like say is true of a connection that stands. */
static int before_option(int fd, int level, int name)
{
    if (level == SOL_SOCKET && name == SO_ERROR)
        connection_believed(fd);
    if (level == IPPROTO_TCP && (name == TCP_INFO || name == TCP_ULP || name == TCP_CC_INFO))
        return connection_settle(fd);
    return 0;
}

SHIM_HOOK int getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    if (record_present(fd)) {
        before_option(fd, level, name);
        int error = level == SOL_SOCKET && name == SO_ERROR ? connection_take_error(fd) : 0;
        int result = NEXT(getsockopt)(fd, level, name, value, length);
        if (result == 0 && error && *length == sizeof error)
            memcpy(value, &error, sizeof error);
        return result;
    }
    return NEXT(getsockopt)(fd, level, name, value, length);
}

SHIM_HOOK int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    if (record_present(fd))
        before_option(fd, level, name);
    int result = NEXT(setsockopt)(fd, level, name, value, length);
    if (result == 0 && level == IPPROTO_TCP &&
        (name == TCP_FASTOPEN || name == TCP_FASTOPEN_CONNECT))
        listener_stand_aside(fd);
    return result;
}
