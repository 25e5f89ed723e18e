/* SPDX-License-Identifier: MIT */
#include "cli/util.h"
#include "policy/nearest.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void __attribute__((format(printf, 1, 0)))
say(const char *format, va_list arguments, const char *why)
{
    fflush(stdout); /* what was said before is to be read before */
    fputs("tfoshim: ", stderr);
    vfprintf(stderr, format, arguments);
    if (why != NULL)
        fprintf(stderr, ": %s", why);
    fputc('\n', stderr);
}

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, NULL);
    va_end(arguments);
}

void complain_errno(const char *format, ...)
{
    const char *why = strerror(errno);
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, why);
    va_end(arguments);
}

bool no_error(int error, const char *what)
{
    errno = error;
    if (error != 0)
        complain_errno("%s", what);
    return error == 0;
}

void complain_report(void *context, const char *message)
{
    (void)context;
    complain("%s", message);
}

void complain_unknown(const char *verb, const char *kind, const char *dashes, const char *word,
                      const char *const known[], size_t count)
{
    const char *meant = nearest(word, known, count), *name = verb == NULL ? "" : verb;
    if (meant != NULL)
        complain("%s%sunknown %s \"%s%s\", did you mean \"%s%s\"?", name, verb == NULL ? "" : ": ",
                 kind, dashes, word, dashes, meant);
    else
        complain("%s%sunknown %s \"%s%s\", see tfoshim %s%s--help", name, verb == NULL ? "" : ": ",
                 kind, dashes, word, name, verb == NULL ? "" : " ");
}

char *duration_text(uint64_t milliseconds)
{
    const uint64_t seconds = milliseconds / 1000;
    if (seconds < 120)
        return need_text("%" PRIu64 " s", seconds);
    if (seconds < 7200)
        return need_text("%" PRIu64 " min", seconds / 60);
    if (seconds < 172800)
        return need_text("%" PRIu64 " h", seconds / 3600);
    return need_text("%" PRIu64 " d", seconds / 86400);
}

bool read_number(long long *number, const char *text, long long least, long long most)
{
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *number >= least &&
           *number <= most;
}

bool find_user(const char *command, const char *name, uid_t *user)
{
    const struct passwd *entry = getpwnam(name);
    long long number;
    if (entry != NULL) {
        *user = entry->pw_uid;
        return true;
    }
    if (read_number(&number, name, 0, (uid_t)-1 - 1LL)) {
        *user = (uid_t)number;
        return true;
    }
    complain("%s: --user: there is no user \"%s\"", command, name);
    return false;
}

bool finish_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    complain_errno("cannot write the output");
    return false;
}

void *need_memory(void *memory)
{
    if (memory != NULL)
        return memory;
    complain("not enough memory");
    exit(EXIT_FAILURE);
}

char *need_text(const char *format, ...)
{
    va_list arguments;
    char *text;
    int length;
    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return need_memory(length < 0 ? NULL : text);
}

void *need_room(void *list, size_t count, size_t size)
{
    return need_memory(reallocarray(list, count, size));
}
