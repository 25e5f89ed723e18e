/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpret.h"

/* socket SLOT 4|6 block|nonblock */
static void perform_socket(struct run *run, const struct line *line)
{
    struct slot *slot = slot_of(line, 1);
    int type = SOCK_STREAM | (word_is(line, 3, "nonblock") ? SOCK_NONBLOCK : 0);
    slot->family = word_is(line, 2, "6") ? AF_INET6 : AF_INET;
    slot->port = 0;
    slot->fd = socket(slot->family, type, 0);
    say(run, slot->fd < 0 ? -1 : 0, "%s", "");
}

/* connect SLOT HOST PORT */
static void perform_connect(struct run *run, const struct line *line)
{
    const struct slot *slot = slot_of(line, 1);
    struct sockaddr_storage address;
    socklen_t length = address_of(slot->family, word_of(line, 2), word_of(line, 3), &address);
    if (line->number)
        say(run, syscall(SYS_connect, slot->fd, &address, length), "%s", "");
    else
        say(run, connect(slot->fd, (struct sockaddr *)&address, length), "%s", "");
}

/* listen SLOT HOST PORT */
static void perform_listen(struct run *run, const struct line *line)
{
    const struct slot *slot = slot_of(line, 1);
    struct sockaddr_storage address;
    socklen_t length = address_of(slot->family, word_of(line, 2), word_of(line, 3), &address);
    int on = 1;
    setsockopt(slot->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(slot->fd, (struct sockaddr *)&address, length) != 0)
        say(run, -1, "bind");
    else
        say(run, listen(slot->fd, 16), "%s", "");
}

/* bind SLOT HOST PORT */
static void perform_bind(struct run *run, const struct line *line)
{
    const struct slot *slot = slot_of(line, 1);
    struct sockaddr_storage address;
    socklen_t length = address_of(slot->family, word_of(line, 2), word_of(line, 3), &address);
    say(run, bind(slot->fd, (struct sockaddr *)&address, length), "%s", "");
}

/* accept LISTENER SLOT */
static void perform_accept(struct run *run, const struct line *line)
{
    const struct slot *listener = slot_of(line, 1);
    struct slot *slot = slot_of(line, 2);
    /* cppcheck-suppress nullPointer */
    slot->fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    slot->family = listener->family;
    say(run, slot->fd < 0 ? -1 : 0, "%s", "");
}

static const char *host_name(const struct sockaddr_storage *address)
{
    const unsigned char *bytes =
        (const unsigned char *)&((const struct sockaddr_in *)address)->sin_addr;
    if (address->ss_family == AF_INET6)
        bytes = ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr;
    if (address->ss_family == AF_INET)
        return bytes[0] == 127 ? "loopback"
               : bytes[0] == 0 ? "any"
               : bytes[3] == 1 ? "self"
                               : "server";
    return bytes[0] == 0 ? (bytes[15] ? "loopback" : "any") : bytes[15] == 1 ? "self" : "server";
}

/* What is said of a port that the kernel chose. */
static const char *chosen(struct slot *slot, int port)
{
    int before = slot->port;
    slot->port = port;
    return before == 0 || before == port ? "chosen" : "another";
}

/* name SLOT peer|sock */
static void perform_name(struct run *run, const struct line *line)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int port;
    int result;
    memset(&address, 0, sizeof address);
    if (word_is(line, 2, "peer"))
        result = getpeername(slot_of(line, 1)->fd, (struct sockaddr *)&address, &length);
    else
        result = getsockname(slot_of(line, 1)->fd, (struct sockaddr *)&address, &length);
    port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    if (result != 0)
        say(run, -1, "%s", "");
    else if (port > 10000)
        say(run, 0, "%s:%s length=%u", host_name(&address), chosen(slot_of(line, 1), port), length);
    else
        say(run, 0, "%s:%d length=%u", host_name(&address), port, length);
}

/* shutdown SLOT rd|wr|rdwr */
static void perform_shutdown(struct run *run, const struct line *line)
{
    int fd = slot_of(line, 1)->fd;
    int how = word_is(line, 2, "rd") ? SHUT_RD : word_is(line, 2, "wr") ? SHUT_WR : SHUT_RDWR;
    say(run, line->number ? syscall(SYS_shutdown, fd, how) : shutdown(fd, how), "%s", "");
}

/* close SLOT [range|stream] */
static void perform_close(struct run *run, const struct line *line)
{
    struct slot *slot = slot_of(line, 1);
    unsigned int fd = (unsigned int)slot->fd;
    if (word_is(line, 2, "range"))
        say(run, close_range(fd, fd, 0), "%s", "");
    else if (word_is(line, 2, "stream") && slot->stream)
        say(run, fclose(slot->stream), "%s", "");
    else if (line->number)
        say(run, syscall(SYS_close, fd), "%s", "");
    else
        say(run, close(slot->fd), "%s", "");
    slot->stream = NULL;
}

static int duplicate(const struct slot *from, const struct slot *to, const char *how)
{
    if (strcmp(how, "dup2") == 0)
        return dup2(from->fd, to->fd >= 0 ? to->fd : 100 + (int)(to - slots));
    if (strcmp(how, "dup3") == 0)
        return dup3(from->fd, to->fd >= 0 ? to->fd : 100 + (int)(to - slots), O_CLOEXEC);
    if (strcmp(how, "fcntl") == 0)
        return fcntl(from->fd, F_DUPFD_CLOEXEC, 50);
    return dup(from->fd);
}

/* dup SLOT NEW dup|dup2|dup3|fcntl */
static void perform_dup(struct run *run, const struct line *line)
{
    const struct slot *from = slot_of(line, 1);
    struct slot *to = slot_of(line, 2);
    int fd = duplicate(from, to, word_of(line, 3));
    if (fd >= 0)
        *to = (struct slot){.fd = fd, .family = from->family};
    say(run, fd < 0 ? -1 : 0, "%s", "");
}

/* fdopen SLOT */
static void perform_fdopen(struct run *run, const struct line *line)
{
    struct slot *slot = slot_of(line, 1);
    slot->stream = fdopen(slot->fd, "r+");
    say(run, slot->stream ? 0 : -1, "%s", "");
}

const struct operation socket_operations[] = {
    {"socket", perform_socket},
    {"connect", perform_connect},
    {"listen", perform_listen},
    {"bind", perform_bind},
    {"accept", perform_accept},
    {"name", perform_name},
    {"close", perform_close},
    {"shutdown", perform_shutdown},
    {"dup", perform_dup},
    {"fdopen", perform_fdopen},
    {NULL, NULL},
};
