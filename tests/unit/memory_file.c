/* SPDX-License-Identifier: MIT */
/*
 * Usage: memory_file
 *
 * A process that has the memory open, and does as it is told line by line, so that a test can do
 * something to the file in between. Each line gets a line of answer.
 *
 *   path, secure-path, small-path    where the file is, for memory_path() as it was called
 *   open FILE                        "shared", or why not
 *   connect NUMBER                   a handshake with the destination of that number was completed
 *   lately NUMBER                    yes or no
 */
#include "check.h"
#include "memory_keys.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the preloaded library does: a system call that reads there and then finds its argument wrong.
 */
static bool readable(const void *address, size_t length)
{
    const uintptr_t begin = (uintptr_t)address, page = 4096;

    for (uintptr_t at = begin; at < begin + length; at = (at & ~(page - 1)) + page)
        if (syscall(SYS_rt_sigprocmask, -1L, at & ~(uintptr_t)7, NULL, 8) != 0 && errno == EFAULT)
            return false;
    return true;
}

static const char *where(size_t size, bool trust_environment)
{
    static char path[PATH_MAX];

    return memory_path(path, size, trust_environment) ? path : "none";
}

static const char *open_memory(const char *path)
{
    const char *reason;

    errno = ENOTBLK;
    reason = memory_set_up(path, readable, TEST_PROGRAM);
    CHECK_EQUAL(errno, ENOTBLK);
    return reason ? reason : "shared";
}

static const char *answer(const char *order, const char *argument)
{
    struct memory_destination destination = test_numbered((uint32_t)strtoul(argument, NULL, 10));

    if (strcmp(order, "path") == 0)
        return where(PATH_MAX, true);
    if (strcmp(order, "secure-path") == 0)
        return where(PATH_MAX, false);
    if (strcmp(order, "small-path") == 0)
        return where(strtoul(argument, NULL, 10), true);
    if (strcmp(order, "open") == 0)
        return open_memory(argument);
    if (strcmp(order, "lately") == 0)
        return test_may_defer(&destination) ? "yes" : "no";
    if (strcmp(order, "connect") != 0)
        return "what?";
    test_connected(&destination, 0);
    return "done";
}

int main(void)
{
    char line[PATH_MAX + 32];

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof(line), stdin)) {
        char *argument = line + strcspn(line, " \n");

        if (*argument == ' ')
            *argument++ = '\0';
        argument[strcspn(argument, "\n")] = '\0';
        puts(answer(line, argument));
    }
    return 0;
}
