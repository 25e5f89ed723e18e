/* SPDX-License-Identifier: MIT */
/* What is done around calls that are made by number and have a hook of their own by name. */
#include "shim/hooks/inner.h"

#include "shim/connection.h"
#include "shim/listener.h"
#include "shim/shim.h"

#include <errno.h>

/* The plain call is made by the next connect(), which is the C library's wherever the shim is
 * active. */
int make_connection(connect_fn *next, int fd, const struct sockaddr *address, socklen_t length)
{
    return shim.active ? connection_connect(fd, address, length) : next(fd, address, length);
}

int take_connection(accept_fn *next, int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    wait_before_blocking(fd, POLLIN);
    if (!record_present(&record_notes, fd))
        listener_accept(fd);
    int connection = next(fd, address, length, flags);
    if (connection >= 0 && record_present(&record_notes, fd))
        listener_accepted(fd, connection);
    else if (connection < 0 && errno == EAGAIN)
        wait_looked();
    return connection;
}

int bind_socket(bind_fn *next, int fd, const struct sockaddr *address, socklen_t length)
{
    if (connection_recorded(fd))
        connection_before_kernel_sees(fd);
    listener_bind(fd, address, length);
    return next(fd, address, length);
}

int listen_on(listen_fn *next, int fd, int backlog)
{
    if (connection_recorded(fd))
        connection_before_kernel_sees(fd);
    listener_listen(fd, backlog);
    return next(fd, backlog);
}

int get_own_name(get_name_fn *next, int fd, struct sockaddr *address, socklen_t *length)
{
    if (connection_recorded(fd))
        connection_before_kernel_sees(fd);
    return next(fd, address, length);
}

int watch(epoll_ctl_fn *next, int epoll, int operation, int fd, struct epoll_event *event)
{
    if (operation == EPOLL_CTL_ADD)
        connection_watched(fd, event);
    return next(epoll, operation, fd, event);
}

int wait_poll(poll_fn *next, struct pollfd *fds, nfds_t count, int timeout)
{
    wait_start_all();
    return next(fds, count, timeout);
}

int wait_ppoll(ppoll_fn *next, struct pollfd *fds, nfds_t count, const struct timespec *timeout,
               const sigset_t *mask)
{
    wait_start_all();
    return next(fds, count, timeout, mask);
}

int wait_ppoll64(ppoll64_fn *next, struct pollfd *fds, nfds_t count,
                 const struct timespec64 *timeout, const sigset_t *mask)
{
    wait_start_all();
    return next(fds, count, timeout, mask);
}

int wait_select(select_fn *next, int count, fd_set *reads, fd_set *writes, fd_set *errors,
                struct timeval *timeout)
{
    wait_start_all();
    return next(count, reads, writes, errors, timeout);
}

int wait_pselect(pselect_fn *next, int count, fd_set *reads, fd_set *writes, fd_set *errors,
                 const struct timespec *timeout, const sigset_t *mask)
{
    wait_start_all();
    return next(count, reads, writes, errors, timeout, mask);
}

int wait_pselect64(pselect64_fn *next, int count, fd_set *reads, fd_set *writes, fd_set *errors,
                   const struct timespec64 *timeout, const sigset_t *mask)
{
    wait_start_all();
    return next(count, reads, writes, errors, timeout, mask);
}

int wait_epoll(epoll_wait_fn *next, int epoll, struct epoll_event *events, int most, int timeout)
{
    wait_start_all();
    return next(epoll, events, most, timeout);
}

int wait_epoll_pwait(epoll_pwait_fn *next, int epoll, struct epoll_event *events, int most,
                     int timeout, const sigset_t *mask)
{
    wait_start_all();
    return next(epoll, events, most, timeout, mask);
}

int wait_epoll_pwait2(epoll_pwait2_fn *next, int epoll, struct epoll_event *events, int most,
                      const struct timespec *timeout, const sigset_t *mask)
{
    wait_start_all();
    return next(epoll, events, most, timeout, mask);
}

int wait_epoll_pwait2_64(epoll_pwait2_64_fn *next, int epoll, struct epoll_event *events, int most,
                         const struct timespec64 *timeout, const sigset_t *mask)
{
    wait_start_all();
    return next(epoll, events, most, timeout, mask);
}
