/* SPDX-License-Identifier: MIT */
/*
 * first-call ADDRESS PORT CALL|FAMILY [nonblocking]: what programs do first with a connection, then
 * a few bytes more, half-close, read to the end. For a server in mode answer; with the calls that
 * read in mode greet. Of a family (writes, reads, descriptors, exits, processes) all, each in a
 * process of its own and after a connection as most are. With a family alone, prints the names of
 * its calls.
 */
#include "calls.h"
#include "common.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 3000 /* more than a SYN carries, less than the calls below take at once */

static unsigned char bytes[SIZE];

/* A non-blocking program has to expect EAGAIN of whatever writes, and tries again when it may. */
#define WHEN_READY(fd, call)                                                                       \
    ({                                                                                             \
        long result_;                                                                              \
        while ((result_ = (call)) < 0 && errno == EAGAIN) {                                        \
            poll(&(struct pollfd){.fd = (fd), .events = POLLOUT}, 1, -1);                          \
        }                                                                                          \
        result_;                                                                                   \
    })

static int file_of_bytes(void)
{
    int file = memfd_create("bytes", MFD_CLOEXEC);
    if (file < 0 || write(file, bytes, SIZE) != SIZE || lseek(file, 0, SEEK_SET) != 0)
        err(2, "memfd");
    return file;
}

static void call_sendfile(int fd)
{
    int file = file_of_bytes();
    say("sendfile", WHEN_READY(fd, sendfile(fd, file, NULL, SIZE)));
}

static void call_splice(int fd)
{
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], bytes, SIZE) != SIZE)
        err(2, "pipe");
    say("splice", WHEN_READY(fd, splice(ends[0], NULL, fd, NULL, SIZE, 0)));
}

static void call_fprintf(int fd)
{
    FILE *stream = fdopen(dup(fd), "r+");
    say("fprintf", fprintf(stream, "%0*d", SIZE, 7));
    say("fclose", fclose(stream));
}

/* No descriptor of its own: the stream's is the socket's, and fclose() closes it unseen. */
static void call_fdopen(int fd)
{
    FILE *stream = fdopen(fd, "w");
    say("fputs", fputs("hello\n", stream) >= 0 ? 0 : -1);
    say("fflush", fflush(stream));
}

static void call_dprintf(int fd)
{
    say("dprintf", dprintf(fd, "%0*d", SIZE, 7));
}

static void call_raw(int fd)
{
    say("syscall write", WHEN_READY(fd, syscall(SYS_write, fd, bytes, 100)));
}

static void call_raw_sendto(int fd)
{
    say("syscall sendto", WHEN_READY(fd, syscall(SYS_sendto, fd, bytes, 100, 0, NULL, 0)));
}

static void call_more(int fd)
{
    say("send MSG_MORE", WHEN_READY(fd, send(fd, bytes, 100, MSG_MORE)));
    say("send", WHEN_READY(fd, send(fd, bytes + 100, 100, 0)));
}

static void call_oob(int fd)
{
    say("send MSG_OOB", WHEN_READY(fd, send(fd, bytes, 1, MSG_OOB)));
}

static void call_dontwait(int fd)
{
    say("send MSG_DONTWAIT", WHEN_READY(fd, send(fd, bytes, 100, MSG_DONTWAIT)));
}

static void call_zerocopy(int fd)
{
    say("SO_ZEROCOPY", setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &(int){1}, sizeof(int)));
    say("send MSG_ZEROCOPY", WHEN_READY(fd, send(fd, bytes, 100, MSG_ZEROCOPY)));
}

static void call_pwritev2(int fd)
{
    say("pwritev2", WHEN_READY(fd, pwritev2(fd, &(struct iovec){bytes, 100}, 1, -1, 0)));
}

static void call_nothing(int fd)
{
    say("write of nothing", WHEN_READY(fd, write(fd, bytes, 0)));
    say("send of nothing", WHEN_READY(fd, send(fd, bytes, 0, 0)));
    say("writev of nothing", WHEN_READY(fd, writev(fd, NULL, 0)));
}

/* The program uses Fast Open's own flag on a socket that it believes connected. */
static void call_msg_fastopen(int fd)
{
    say("send MSG_FASTOPEN", WHEN_READY(fd, send(fd, bytes, 100, MSG_FASTOPEN | MSG_NOSIGNAL)));
}

/* Calls that may wait, but not with these arguments, or with what there is. */
static void call_looks(int fd)
{
    sem_t semaphore;
    siginfo_t info;
    int file = file_of_bytes();
    sem_init(&semaphore, 0, 1);
    say("sem_wait", sem_wait(&semaphore));
    say("waitpid", waitpid(-1, NULL, WNOHANG));
    say("waitid", waitid(P_ALL, 0, &info, WEXITED | WNOHANG));
    say("wait4", wait4(-1, NULL, WNOHANG, NULL));
    say("flock", flock(file, LOCK_EX | LOCK_NB));
    say("flock LOCK_UN", flock(file, LOCK_UN));
    say("lockf", lockf(file, F_TLOCK, 0));
    say("msgrcv", msgrcv(-1, bytes, SIZE, 0, IPC_NOWAIT));
    say("write", write(fd, bytes, 100));
}

static const struct call calls[] = {
    {"sendfile", call_sendfile},
    {"splice", call_splice},
    {"fprintf", call_fprintf},
    {"fdopen", call_fdopen},
    {"dprintf", call_dprintf},
    {"raw", call_raw},
    {"raw-sendto", call_raw_sendto},
    {"more", call_more},
    {"oob", call_oob},
    {"dontwait", call_dontwait},
    {"zerocopy", call_zerocopy},
    {"pwritev2", call_pwritev2},
    {"nothing", call_nothing},
    {"msg-fastopen", call_msg_fastopen},
    {"looks", call_looks},
    {0},
};

static const struct {
    const char *name;
    const struct call *calls;
} families[] = {
    {"writes", write_calls}, {"reads", read_calls},        {"descriptors", descriptor_calls},
    {"exits", exit_calls},   {"processes", process_calls},
};

int connection;

static void use(const struct address *peer, bool nonblocking, const struct call *call)
{
    connection = tcp_socket(peer, nonblocking);
    if (!connect_said(connection, peer, nonblocking))
        exit(1);
    if (call != NULL)
        call->call(connection);
    write_said(connection, (const unsigned char *)"the rest", 8);
    say("shutdown", shutdown(connection, SHUT_WR));
    read_to_end_said(connection);
    say("close", close(connection));
}

/* Who never reads an answer may be treated in a way of its own. */
static void use_each(const struct address *peer, bool nonblocking, const struct call *call)
{
    for (; call->name != NULL; call++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            use(peer, nonblocking, NULL);
            use(peer, nonblocking, call);
            _exit(0);
        }
        waitpid(child, &status, 0);
        printf("%s: status %d\n", call->name, status);
    }
}

static const struct call *family_of(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(name, families[i].name) == 0)
            return families[i].calls;
    return NULL;
}

static const struct call *named(const struct call *of, const char *name)
{
    while (of->name != NULL && strcmp(name, of->name) != 0)
        of++;
    return of->name != NULL ? of : NULL;
}

int main(int argc, char **argv)
{
    program_start();
    const struct call *family = argc > 1 ? family_of(argv[argc > 3 ? 3 : 1]) : NULL;
    if (argc == 2 && family != NULL) {
        for (; family->name != NULL; family++)
            puts(family->name);
        return 0;
    }
    if (argc < 4)
        errx(2, "usage: first-call ADDRESS PORT CALL|FAMILY [nonblocking]");
    bool nonblocking = argc > 4 && strcmp(argv[4], "nonblocking") == 0;
    struct address peer = address_parse(argv[1], argv[2]);
    pattern_fill(bytes, SIZE, 0);
    if (family != NULL) {
        alarm(0); /* each call has its own */
        use_each(&peer, nonblocking, family);
        return 0;
    }
    const struct call *call = named(calls, argv[3]);
    for (size_t i = 0; call == NULL && i < sizeof families / sizeof *families; i++)
        call = named(families[i].calls, argv[3]);
    use(&peer, nonblocking, call);
    return 0;
}
