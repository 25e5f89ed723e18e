/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpret.h"

static const struct {
    char letter;
    short poll;
    uint32_t epoll;
    const char *name;
} events[] = {
    {'i', POLLIN, EPOLLIN, "IN"},
    {'o', POLLOUT, EPOLLOUT, "OUT"},
    {'e', POLLERR, EPOLLERR, "ERR"},
    {'h', POLLHUP, EPOLLHUP, "HUP"},
    {'r', POLLRDHUP, EPOLLRDHUP, "RDHUP"},
    {'n', POLLNVAL, 0, "NVAL"},
    {'t', 0, EPOLLET, ""},
    {'1', 0, EPOLLONESHOT, ""},
};

#define EVENTS (sizeof events / sizeof events[0])

static uint32_t events_of(const char *letters, bool epoll)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < EVENTS; i++)
        if (strchr(letters, events[i].letter))
            mask |= epoll ? events[i].epoll : (uint32_t)events[i].poll;
    return mask;
}

static const char *events_name(uint32_t mask, bool epoll, char *text)
{
    *text = '\0';
    for (size_t i = 0; i < EVENTS; i++)
        if (*events[i].name && (mask & (epoll ? events[i].epoll : (uint32_t)events[i].poll))) {
            strcat(text, "|");            /* NOLINT */
            strcat(text, events[i].name); /* NOLINT */
        }
    return text;
}

/* poll|ppoll SLOT EVENTS MS */
static void perform_poll(struct run *run, const struct line *line)
{
    struct pollfd one = {.fd = slot_of(line, 1)->fd,
                         .events = (short)events_of(word_of(line, 2), false)};
    long ms = number_of(line, 3);
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    char text[64];
    long result;
    if (word_is(line, 0, "ppoll"))
        result = line->number ? syscall(SYS_ppoll, &one, 1, ms < 0 ? NULL : &time, NULL, 8)
                              : ppoll(&one, 1, ms < 0 ? NULL : &time, NULL);
    else
        result = line->number ? syscall(SYS_poll, &one, 1, ms) : poll(&one, 1, (int)ms);
    say(run, result, "%s", events_name((uint32_t)one.revents, false, text));
}

/* select|pselect SLOT EVENTS MS */
static void perform_select(struct run *run, const struct line *line)
{
    int fd = slot_of(line, 1)->fd;
    long ms = number_of(line, 3);
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    struct timeval time_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    fd_set in, out;
    int result;
    FD_ZERO(&in);
    FD_ZERO(&out);
    if (strchr(word_of(line, 2), 'i'))
        FD_SET(fd, &in);
    if (strchr(word_of(line, 2), 'o'))
        FD_SET(fd, &out);
    if (word_is(line, 0, "pselect"))
        result = pselect(fd + 1, &in, &out, NULL, ms < 0 ? NULL : &time, NULL);
    else
        result = select(fd + 1, &in, &out, NULL, ms < 0 ? NULL : &time_value);
    say(run, result, "%s%s", result > 0 && FD_ISSET(fd, &in) ? "|IN" : "",
        result > 0 && FD_ISSET(fd, &out) ? "|OUT" : "");
}

/* epoll SLOT */
static void perform_epoll(struct run *run, const struct line *line)
{
    struct slot *slot = slot_of(line, 1);
    slot->fd = epoll_create1(EPOLL_CLOEXEC);
    say(run, slot->fd < 0 ? -1 : 0, "%s", "");
}

/* ctl EPOLL add|mod|del SLOT EVENTS */
static void perform_ctl(struct run *run, const struct line *line)
{
    const struct slot *slot = slot_of(line, 3);
    struct epoll_event event = {.events = events_of(word_of(line, 4), true),
                                .data.u32 = (uint32_t)(slot - slots)};
    int op = word_is(line, 2, "add")   ? EPOLL_CTL_ADD
             : word_is(line, 2, "mod") ? EPOLL_CTL_MOD
                                       : EPOLL_CTL_DEL;
    int epoll = slot_of(line, 1)->fd;
    if (line->number)
        say(run, syscall(SYS_epoll_ctl, epoll, op, slot->fd, &event), "%s", "");
    else
        say(run, epoll_ctl(epoll, op, slot->fd, &event), "%s", "");
}

/* wait EPOLL MS [pwait]: what is ready, by slot */
static void perform_wait(struct run *run, const struct line *line)
{
    struct epoll_event ready[8] = {0};
    int epoll = slot_of(line, 1)->fd;
    int ms = (int)number_of(line, 2);
    char text[300] = "";
    char one[64];
    long result;
    if (line->number)
        result = syscall(SYS_epoll_pwait, epoll, ready, 8, ms, NULL, 8);
    else if (word_is(line, 3, "pwait"))
        /* cppcheck-suppress nullPointer */
        result = epoll_pwait(epoll, ready, 8, ms, NULL);
    else
        result = epoll_wait(epoll, ready, 8, ms);
    /* In the order of the slots: what order events come in is the network's affair. */
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++)
        for (long i = 0; i < result; i++)
            if (ready[i].data.u32 == slot && strlen(text) < sizeof text - 70)
                sprintf(text + strlen(text), " s%u=%s", slot,
                        events_name(ready[i].events, true, one));
    say(run, result, "%s", text);
}

/* sleep MS; spin MS: without any call */
static void perform_sleep(struct run *run, const struct line *line)
{
    long ms = number_of(line, 1);
    long end = now_us() + ms * 1000;
    if (word_is(line, 0, "sleep"))
        nap_ms(ms);
    while (now_us() < end)
        ;
    say(run, 0, "%s", "");
}

const struct operation wait_operations[] = {
    {"poll", perform_poll},     {"ppoll", perform_poll},
    {"select", perform_select}, {"pselect", perform_select},
    {"epoll", perform_epoll},   {"ctl", perform_ctl},
    {"wait", perform_wait},     {"sleep", perform_sleep},
    {"spin", perform_sleep},    {NULL, NULL},
};
