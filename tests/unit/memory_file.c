/* SPDX-License-Identifier: MIT */
/*
 * Usage: memory_file
 *
 * A process that has the memory open, and does as it is told line by line, so that a test can do
 * something to the file in between. Each line gets a line of answer.
 *
 *   path, secure-path, small-path    where the file is, for memory_path() as it was called
 *   open [FILE]                      "shared", or why the user's without a file it is ("by number":
 *                                    none was asked for)
 *   reset                            forgets everything
 *   become-somebody                  changes the process's user
 *   user-changed                     and says so
 *   connect NUMBER                   a handshake with the destination of that number was completed
 *   lately NUMBER                    yes or no
 */
#include "check.h"
#include "memory_keys.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <unistd.h>

static const char *where(size_t size, bool trust_environment)
{
    static char path[PATH_MAX];
    return memory_path(path, size, trust_environment) ? path : "none";
}

static const char *open_memory(const char *path)
{
    static const char *const kinds[] = {
        [MEMORY_ALONE] = "alone", [MEMORY_OF_USER] = "by number", [MEMORY_BY_FILE] = "shared"};
    const char *reason;
    enum memory_kind kind;
    errno = ENOTBLK;
    kind = memory_set_up(*path ? path : NULL, TEST_PROGRAM, &reason);
    CHECK_EQUAL(errno, ENOTBLK);
    return reason && kind != MEMORY_ALONE ? reason : kinds[kind];
}

/* Somebody whom this namespace has no number for. */
static const char *become_somebody(void)
{
    bool done = unshare(CLONE_NEWUSER) == 0 && geteuid() != 0;
    memory_look_at_user(); /* as a connect does */
    return done ? "done" : "cannot";
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
    if (strcmp(order, "become-somebody") == 0)
        return become_somebody();
    if (strcmp(order, "reset") == 0) {
        memory_reset();
        return "done";
    }
    if (strcmp(order, "user-changed") == 0) {
        memory_user_changed();
        return "done";
    }
    if (strcmp(order, "connect") != 0)
        return "what?";
    test_connected(&destination, 0);
    return "done";
}

int main(void)
{
    char line[PATH_MAX + 32];
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        char *argument = line + strcspn(line, " \n");
        if (*argument == ' ')
            *argument++ = '\0';
        argument[strcspn(argument, "\n")] = '\0';
        puts(answer(line, argument));
    }
    return 0;
}
