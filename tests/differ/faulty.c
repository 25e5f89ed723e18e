/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/*
 * A library with a fault, to be preloaded before another: it refuses one option. Who tests with it
 * and finds nothing tests nothing.
 */
__attribute__((visibility("default"))) int setsockopt(int fd, int level, int option,
                                                      const void *value, socklen_t length)
{
    int (*next)(int, int, int, const void *, socklen_t);

    /* POSIX's own way to make a function of what dlsym() gives. */
    *(void **)&next = dlsym(RTLD_NEXT, "setsockopt");
    if (level == IPPROTO_TCP && option == TCP_NODELAY) {
        errno = EINVAL;
        return -1;
    }
    return next(fd, level, option, value, length);
}
