/* SPDX-License-Identifier: MIT */
/*
 * handover ADDRESS PORT HOW: connects, and lets the connection change hands before anything is
 * written on it. For a server in mode answer.
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *self; /* this program's own file */

/* What whoever holds the connection in the end does with it. */
static void use(int fd)
{
    write_said(fd, (const unsigned char *)"hello", 5);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
}

static void *use_in_thread(void *fd)
{
    use((int)(intptr_t)fd);
    return NULL;
}

static void await(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    printf("child: %d\n", status);
}

static void by_dup(int fd)
{
    int copy = dup(fd);
    say("close", close(fd));
    use(copy);
}

static void by_dup2(int fd)
{
    int copy = open("/dev/null", O_RDONLY);
    say("dup2", dup2(fd, copy) == copy ? 0 : -1);
    say("close", close(fd));
    use(copy);
}

static void by_dupfd(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    say("close", close(fd));
    use(copy);
}

/* Something else takes the descriptor's place: the connection ends with nothing written. */
static void by_replacing(int fd)
{
    int file = open("/dev/null", O_RDWR);
    say("dup2", dup2(file, fd) == fd ? 0 : -1);
    say("write", write(fd, "hello", 5));
}

static void by_fork_child(int fd)
{
    pid_t child = fork();
    if (child == 0) {
        use(fd);
        _exit(0);
    }
    int closed = close(fd); /* at the same time as the child goes on */
    await(child);
    say("close", closed);
}

static void by_fork_parent(int fd)
{
    pid_t child = fork();
    if (child == 0) {
        say("child's close", close(fd));
        _exit(0);
    }
    await(child);
    use(fd);
}

static void by_fork_both(int fd)
{
    pid_t child = fork();
    if (child == 0) {
        write_said(fd, (const unsigned char *)"from the child ", 15);
        _exit(0);
    }
    await(child);
    use(fd);
}

static void by_exec(int fd)
{
    char number[16];
    snprintf(number, sizeof number, "%d", fd);
    execl(self, self, "--use", number, (char *)NULL);
    err(2, "exec");
}

static void by_vfork_exec(int fd)
{
    char number[16];
    snprintf(number, sizeof number, "%d", fd);
    pid_t child = vfork();
    if (child == 0) {
        execl(self, self, "--use", number, (char *)NULL);
        _exit(2);
    }
    await(child);
    say("close", close(fd));
}

/* A child of vfork that closes its copy and execs something else must leave the parent's alone. */
static void by_vfork_close(int fd)
{
    pid_t child = vfork();
    if (child == 0) {
        close(fd);
        execl("/bin/true", "true", (char *)NULL);
        _exit(2);
    }
    await(child);
    use(fd);
}

static void by_spawn(int fd)
{
    char number[16];
    snprintf(number, sizeof number, "%d", fd);
    char *arguments[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "--use", number, NULL};
    pid_t child;
    int error = posix_spawn(&child, self, NULL, NULL, arguments, environ);
    await(child);
    say("posix_spawn", -error); /* after what the child says, which runs beside this */
    say("close", close(fd));
}

static void by_system(int fd)
{
    char command[512];
    snprintf(command, sizeof command, "%s --use %d", self, fd);
    say("system", system(command));
    say("close", close(fd));
}

static void by_message(int fd)
{
    int ends[2], received = -1;
    char byte = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    say("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    say("sendmsg", sendmsg(ends[0], &message, 0));
    say("close", close(fd));
    say("recvmsg", recvmsg(ends[1], &message, 0));
    memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
    use(received);
}

static void by_thread(int fd)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, use_in_thread, (void *)(intptr_t)fd) != 0)
        errx(2, "pthread_create");
    say("pthread_join", pthread_join(thread, NULL));
}

/* The number is closed where only the kernel sees it, and given out again for something else. */
static void by_raw_close(int fd)
{
    say("syscall close", syscall(SYS_close, fd));
    int ends[2];
    say("pipe", pipe(ends));
    printf("same number: %d\n", ends[0] == fd || ends[1] == fd);
    say("write", write(ends[1], "hello", 5));
    read_said(ends[0], 5);
}

static const struct {
    const char *name;
    void (*hand_over)(int fd);
} ways[] = {
    {"dup", by_dup},
    {"dup2", by_dup2},
    {"dupfd", by_dupfd},
    {"replacing", by_replacing},
    {"fork-child", by_fork_child},
    {"fork-parent", by_fork_parent},
    {"fork-both", by_fork_both},
    {"exec", by_exec},
    {"vfork-exec", by_vfork_exec},
    {"vfork-close", by_vfork_close},
    {"spawn", by_spawn},
    {"system", by_system},
    {"message", by_message},
    {"thread", by_thread},
    {"raw-close", by_raw_close},
};

int main(int argc, char **argv)
{
    program_start();
    self = argv[0];
    if (argc == 3 && strcmp(argv[1], "--use") == 0) {
        use(atoi(argv[2]));
        return 0;
    }
    if (argc != 4)
        errx(2, "usage: handover ADDRESS PORT HOW");
    struct address peer = address_parse(argv[1], argv[2]);
    int fd = tcp_socket(&peer, false);
    if (!connect_said(fd, &peer, false))
        return 1;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(argv[3], ways[i].name) == 0) {
            ways[i].hand_over(fd);
            return 0;
        }
    }
    errx(2, "no such way: %s", argv[3]);
}
