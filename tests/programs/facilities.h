/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FACILITIES_H
#define TESTS_FACILITIES_H

/* One of the system's ways to wait for a socket. */
struct facility {
    const char *name;
    void (*begin)(int fd); /* before connect(), where event loops register the socket */
    short (*wait)(int fd, short events); /* until one of POLLIN, POLLOUT; -1 with errno */
};

/* poll ppoll yielding napping select pselect epoll epoll-late epoll_pwait epoll_pwait2 epoll-edge
 * epoll-edge-late, or NULL. The late ones register the socket at the first wait, after connect().
 */
const struct facility *facility_find(const char *name);

#endif
