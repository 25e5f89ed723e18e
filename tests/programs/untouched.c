/* SPDX-License-Identifier: MIT */
/*
 * untouched ROUNDS [listen]: calls that the library hooks, on what is none of its business, each in
 * a function of its own by whose name a profiler tells what it cost; as a server, too.
 */

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int pair[2], epoll;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t semaphore;
static char byte = 'x';
static struct iovec part = {&byte, 1};
static struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

/* Each once before, in another function: what a library does in a first call is told apart. */
#define CALL_THAT(name, fails, call)                                                               \
    void first_##name(void);                                                                       \
    void call_##name(void);                                                                        \
    __attribute__((noinline)) void first_##name(void)                                              \
    {                                                                                              \
        if (((call) < 0) != (fails))                                                               \
            err(1, #name);                                                                         \
    }                                                                                              \
    __attribute__((noinline)) void call_##name(void)                                               \
    {                                                                                              \
        if (((call) < 0) != (fails))                                                               \
            err(1, #name);                                                                         \
    }
#define CALL(name, call) CALL_THAT(name, false, call)
#define REFUSED(name, call) CALL_THAT(name, true, call)

CALL(send, send(pair[0], &byte, 1, 0))
CALL(recv, recv(pair[1], &byte, 1, 0))
CALL(sendmsg, sendmsg(pair[0], &message, 0))
CALL(recvmsg, recvmsg(pair[1], &message, 0))
CALL(write, write(pair[0], &byte, 1))
CALL(read, read(pair[1], &byte, 1))
CALL(poll, poll(&(struct pollfd){.fd = pair[0], .events = POLLOUT}, 1, -1))
CALL(select, select(0, NULL, NULL, NULL, &(struct timeval){0}))
CALL(epoll_wait, epoll_wait(epoll, &(struct epoll_event){0}, 1, -1))
REFUSED(epoll_ctl, epoll_ctl(epoll, EPOLL_CTL_ADD, -1, &(struct epoll_event){0}))
CALL(pthread_mutex_lock, pthread_mutex_lock(&mutex))
CALL(sem_wait, sem_wait(&semaphore))
CALL(sched_yield, sched_yield())
CALL(getsockopt, getsockopt(pair[0], SOL_SOCKET, SO_ERROR, &(int){0}, &(socklen_t){sizeof(int)}))
CALL(getpeername,
     getpeername(pair[0], &(struct sockaddr){0}, &(socklen_t){sizeof(struct sockaddr)}))
CALL(fcntl, fcntl(pair[0], F_GETFL))
CALL(ioctl, ioctl(pair[0], FIONREAD, &(int){0}))
REFUSED(dup, dup(-1))
REFUSED(close, close(-1))
REFUSED(shutdown, shutdown(-1, SHUT_RDWR))
CALL(syscall, syscall(SYS_gettid))
CALL(syscall_read, syscall(SYS_read, pair[0], &byte, 0))

/* Where the shim is on it has to look: is that the socket of a listener, or the program's own? */
REFUSED(setsockopt, setsockopt(-1, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int)))
REFUSED(accept, accept(-1, NULL, NULL))
REFUSED(connect, connect(-1, NULL, 0))

#define ROUND(way)                                                                                 \
    do {                                                                                           \
        way##_send(), way##_recv(), way##_sendmsg(), way##_recvmsg(), way##_write(), way##_read(); \
        way##_poll(), way##_select(), way##_epoll_wait(), way##_epoll_ctl();                       \
        way##_pthread_mutex_lock();                                                                \
        pthread_mutex_unlock(&mutex);                                                              \
        sem_post(&semaphore);                                                                      \
        way##_sem_wait(), way##_sched_yield();                                                     \
        way##_getsockopt(), way##_getpeername(), way##_fcntl(), way##_ioctl();                     \
        way##_dup(), way##_close(), way##_shutdown();                                              \
        way##_syscall(), way##_syscall_read();                                                     \
        way##_setsockopt(), way##_accept(), way##_connect();                                       \
    } while (0)

int main(int argc, char **argv)
{
    struct epoll_event event = {.events = EPOLLOUT};
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (rounds < 1)
        errx(2, "usage: untouched ROUNDS [listen]");
    if (argc > 2 && listen(socket(AF_INET, SOCK_STREAM, 0), 1) != 0)
        err(1, "listen");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0 ||
        sem_init(&semaphore, 0, 0) != 0 || (epoll = epoll_create1(0)) < 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event) != 0)
        err(1, "set-up");
    ROUND(first);
    for (long round = 0; round < rounds; round++)
        ROUND(call);
    return 0;
}
