/* SPDX-License-Identifier: MIT */
/* Names and options of a socket that the program believes connected. */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/listener.h"
#include "shim/program_memory.h"

#include <netinet/tcp.h>
#include <string.h>

/* While the handshake is not over the kernel says ENOTCONN. */
int get_peer_name(get_name_fn *next, int fd, struct sockaddr *address, socklen_t *length)
{
    union record_address peer;
    int saved = errno;
    int result = next(fd, address, length);
    if (result == 0 || errno != ENOTCONN || !connection_recorded(fd))
        return result;
    if (!connection_peer(fd, &peer)) /* asked again: it may have been connected this very moment */
        return next(fd, address, length);
    socklen_t full = peer.any.sa_family == AF_INET6 ? sizeof peer.in6 : sizeof peer.in;
    if (!program_memory_readable(length, sizeof *length) ||
        !program_memory_readable(address, *length < full ? *length : full))
        return hook_fail(EFAULT);
    memcpy(address, &peer, *length < full ? *length : full);
    *length = full;
    errno = saved;
    return 0;
}

SHIM_HOOK int getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    return get_peer_name(NEXT(getpeername), fd, address, length);
}

/* Until the first write a socket that the shim has deferred has no local address. */
SHIM_HOOK int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    if (connection_recorded(fd))
        connection_before_kernel_sees(fd);
    return NEXT(getsockname)(fd, address, length);
}

/* What TCP_INFO and its like say, or do, is true of a connection that stands. */
static bool needs_connection(int level, int name)
{
    return level == IPPROTO_TCP && (name == TCP_INFO || name == TCP_ULP || name == TCP_CC_INFO ||
                                    name == TCP_REPAIR || name == TCP_MD5SIG);
}

/* SO_ERROR is how a program asks whether its non-blocking connect has succeeded. */
static int get_socket_error(get_option_fn *next, int fd, int *value, socklen_t *length)
{
    int failed = connection_take_error(fd);
    int result = next(fd, SOL_SOCKET, SO_ERROR, value, length);
    if (result == 0 && *length == sizeof *value) {
        if (failed)
            *value = failed;
        connection_asked_error(fd, *value);
    }
    return result;
}

int get_option(get_option_fn *next, int fd, int level, int name, void *value, socklen_t *length)
{
    if (connection_recorded(fd)) {
        if (level == SOL_SOCKET && name == SO_ERROR)
            return get_socket_error(next, fd, value, length);
        if (needs_connection(level, name))
            connection_settle(fd);
    }
    int result = next(fd, level, name, value, length);
    if (result == 0 && level == IPPROTO_TCP && name == TCP_FASTOPEN && *length == sizeof(int) &&
        listener_is_bound_by_us(fd))
        *(int *)value = 0; /* a program that finds another's setting may clear it */
    return result;
}

SHIM_HOOK int getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    return get_option(NEXT(getsockopt), fd, level, name, value, length);
}

int set_option(set_option_fn *next, int fd, int level, int name, const void *value,
               socklen_t length)
{
    if (connection_recorded(fd) && needs_connection(level, name))
        connection_settle(fd);
    int result = next(fd, level, name, value, length);
    if (result == 0 && level == IPPROTO_TCP &&
        (name == TCP_FASTOPEN || name == TCP_FASTOPEN_CONNECT))
        listener_stand_aside(fd);
    return result;
}

SHIM_HOOK int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    return set_option(NEXT(setsockopt), fd, level, name, value, length);
}

#ifdef TFOSHIM_TIME64
SHIM_HOOK int __getsockopt64(int fd, int level, int name, void *value, socklen_t *length)
{
    return get_option(NEXT(__getsockopt64), fd, level, name, value, length);
}

SHIM_HOOK int __setsockopt64(int fd, int level, int name, const void *value, socklen_t length)
{
    return set_option(NEXT(__setsockopt64), fd, level, name, value, length);
}
#endif
