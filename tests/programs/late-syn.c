/* SPDX-License-Identifier: MIT */
/*
 * Preloaded behind the shim, it keeps the call that sends SYN data from returning for a while: its
 * thread is not run, and meanwhile the SYN is answered.
 */
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#define LATE_NS 100000000

__attribute__((visibility("default"))) ssize_t sendmsg(int fd, const struct msghdr *message,
                                                       int flags)
{
    ssize_t (*next)(int, const struct msghdr *, int);

    /* POSIX's own way to make a function of what dlsym() gives. */
    *(void **)&next = dlsym(RTLD_NEXT, "sendmsg");
    ssize_t sent = next(fd, message, flags);
    int error = errno;
    if (flags & MSG_FASTOPEN)
        nanosleep(&(struct timespec){.tv_nsec = LATE_NS}, NULL);
    errno = error;
    return sent;
}
