/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* For reading and writing both: a FIFO then opens at once and never comes to its end. */
static int open_end(const char *path, int flags)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | flags, 0666);
    if (fd < 0)
        err(1, "cannot open %s", path);
    return fd;
}

void control_open(struct control *control, const char *commands, const char *answers)
{
    memset(control, 0, sizeof *control);
    control->commands = commands ? open_end(commands, 0) : -1;
    control->answers = answers ? open_end(answers, O_CREAT | O_APPEND) : -1;
}

void control_answer(const struct control *control, const char *format, ...)
{
    char line[300];
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    /* Nothing said is longer: it would be cut off, not run over. */
    length = length < (int)sizeof line - 1 ? length : (int)sizeof line - 2;
    line[length++] = '\n';
    if (control->answers >= 0 && write(control->answers, line, (size_t)length) != length)
        err(1, "cannot write to the status file");
}

static void answer_counters(const struct control *control, const struct link *link)
{
    control_answer(control,
                   "ok left=%" PRIu64 " right=%" PRIu64 " lost=%" PRIu64 " dropped=%" PRIu64,
                   link->side[LEFT].taken, link->side[RIGHT].taken, link->lost, link->dropped);
}

static void change(const struct control *control, struct link *link, const char *name,
                   const char *value)
{
    const char *wrong = setting_apply(&link->settings, name, value);
    if (link->settings.cut)
        link_clear(link);
    if (wrong)
        control_answer(control, "error: %.80s: %s", name, wrong);
    else
        control_answer(control, "ok");
}

static void obey(struct control *control, struct link *link, char *line)
{
    char *rest = NULL;
    const char *name = strtok_r(line, " \t", &rest);
    const char *value = strtok_r(NULL, " \t", &rest);
    if (!name)
        return;
    if (strcmp(name, "sync") == 0)
        control_answer(control, "ok");
    else if (strcmp(name, "drain") == 0)
        control->draining = true;
    else if (strcmp(name, "counters") == 0)
        answer_counters(control, link);
    else if (strcmp(name, "restore") == 0)
        change(control, link, "cut", "off");
    else
        change(control, link, name, value);
}

/* Obeys the whole lines and keeps what comes after them. */
static void obey_lines(struct control *control, struct link *link)
{
    char *line = control->line;
    char *end;
    while ((end = memchr(line, '\n', control->length - (size_t)(line - control->line)))) {
        *end = '\0';
        if (!control->skipping)
            obey(control, link, line);
        control->skipping = false;
        line = end + 1;
    }
    control->length -= (size_t)(line - control->line);
    memmove(control->line, line, control->length);
    if (control->length < sizeof control->line)
        return;
    control->length = 0;
    if (!control->skipping)
        control_answer(control, "error: the line is too long");
    control->skipping = true;
}

void control_read(struct control *control, struct link *link)
{
    ssize_t got;
    while ((got = read(control->commands, control->line + control->length,
                       sizeof control->line - control->length)) > 0) {
        control->length += (size_t)got;
        obey_lines(control, link);
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        err(1, "cannot read commands");
}

void control_drained(struct control *control, const struct link *link)
{
    if (!control->draining || link_under_way(link))
        return;
    control->draining = false;
    control_answer(control, "ok");
}
