/* SPDX-License-Identifier: MIT */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "interpret.h"

#define TRACE_SIZE (1 << 20)

/*
 * The trace is memory that all processes of the program share: to write it takes no call that a
 * library between the program and the kernel could see, and a process that is killed has told all
 * it did.
 */
static struct {
    atomic_size_t used;
    char text[];
} * trace;

void trace_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, TRACE_SIZE) != 0)
        err(2, "cannot open %s", path);
    trace = mmap(NULL, TRACE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (trace == MAP_FAILED)
        err(2, "cannot map %s", path);
    close(fd);
}

void trace_line(const struct run *run, long microseconds)
{
    char text[600];
    int length = snprintf(text, sizeof text, "%s %d %ld %s\n", run->label, run->at + 1,
                          microseconds, run->said);
    size_t at = atomic_fetch_add(&trace->used, (size_t)length);
    if (at + (size_t)length < TRACE_SIZE - sizeof *trace)
        memcpy(trace->text + at, text, (size_t)length);
}

const char *errno_name(int error)
{
    const char *name = strerrorname_np(error);
    return name ? name : "?";
}

void say(struct run *run, long result, const char *format, ...)
{
    int error = errno;
    va_list arguments;
    size_t used;
    used = (size_t)snprintf(run->said, sizeof run->said, "%ld%s%s", result, result == -1 ? " " : "",
                            result == -1 ? errno_name(error) : "");
    if (!*format)
        return;
    run->said[used++] = ' ';
    va_start(arguments, format);
    vsnprintf(run->said + used, sizeof run->said - used, format, arguments);
    va_end(arguments);
}
