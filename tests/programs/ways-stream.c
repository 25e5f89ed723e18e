/* SPDX-License-Identifier: MIT */
/* Waiting for a line that another thread writes to a pipe, by a stream of bytes. */
#include "named.h"
#include "rendezvous.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static char text[64], *line;
static size_t size;

#define WAY(name)                                                                                  \
    {                                                                                              \
#name, wait_##name, NULL, release_pipe, NULL                                               \
    }

/* A wait that calls the symbol of its own name. */
#define READ(type, symbol, parameters, result)                                                     \
    NAMED(type, symbol, PARAMETERS parameters);                                                    \
    static long wait_##symbol(void)                                                                \
    {                                                                                              \
        return (long)(result);                                                                     \
    }
#define PARAMETERS(...) __VA_ARGS__

READ(int, fgetc, (FILE *), named_fgetc(stream))
READ(int, getc, (FILE *), named_getc(stream))
READ(int, _IO_getc, (FILE *), named__IO_getc(stream))
READ(int, getchar, (void), named_getchar())
READ(int, getw, (FILE *), named_getw(stream))
READ(int, fgetc_unlocked, (FILE *), named_fgetc_unlocked(stream))
READ(int, getc_unlocked, (FILE *), named_getc_unlocked(stream))
READ(int, getchar_unlocked, (void), named_getchar_unlocked())
READ(int, __uflow, (FILE *), named___uflow(stream))
READ(int, __underflow, (FILE *), named___underflow(stream))
READ(char *, fgets, (char *, int, FILE *), named_fgets(text, 64, stream) == text)
READ(char *, fgets_unlocked, (char *, int, FILE *), named_fgets_unlocked(text, 64, stream) == text)
READ(char *, __fgets_chk, (char *, size_t, int, FILE *),
     named___fgets_chk(text, sizeof text, 64, stream) == text)
READ(char *, __fgets_unlocked_chk, (char *, size_t, int, FILE *),
     named___fgets_unlocked_chk(text, sizeof text, 64, stream) == text)
READ(char *, _IO_fgets, (char *, int, FILE *), named__IO_fgets(text, 64, stream) == text)
READ(char *, gets, (char *), named_gets(text) == text)
READ(char *, _IO_gets, (char *), named__IO_gets(text) == text)
READ(char *, __gets_chk, (char *, size_t), named___gets_chk(text, sizeof text) == text)
READ(size_t, _IO_fread, (void *, size_t, size_t, FILE *), named__IO_fread(text, 1, 2, stream))
READ(size_t, fread, (void *, size_t, size_t, FILE *), named_fread(text, 1, 2, stream))
READ(size_t, fread_unlocked, (void *, size_t, size_t, FILE *),
     named_fread_unlocked(text, 1, 2, stream))
READ(size_t, __fread_chk, (void *, size_t, size_t, size_t, FILE *),
     named___fread_chk(text, sizeof text, 1, 2, stream))
READ(size_t, __fread_unlocked_chk, (void *, size_t, size_t, size_t, FILE *),
     named___fread_unlocked_chk(text, sizeof text, 1, 2, stream))
READ(ssize_t, getline, (char **, size_t *, FILE *), named_getline(&line, &size, stream))
READ(ssize_t, getdelim, (char **, size_t *, int, FILE *),
     named_getdelim(&line, &size, '\n', stream))
READ(ssize_t, __getdelim, (char **, size_t *, int, FILE *),
     named___getdelim(&line, &size, '\n', stream))

/* By the standard that a program is compiled for, scanf() is one of three symbols; the third came
 * with a later C library. */
#define SCANF(DECLARE, prefix)                                                                     \
    DECLARE(int, prefix##scanf, const char *, ...);                                                \
    DECLARE(int, prefix##fscanf, FILE *, const char *, ...);                                       \
    DECLARE(int, prefix##vscanf, const char *, va_list);                                           \
    DECLARE(int, prefix##vfscanf, FILE *, const char *, va_list);                                  \
    static long wait_##prefix##scanf(void)                                                         \
    {                                                                                              \
        return named_##prefix##scanf("%3s", text);                                                 \
    }                                                                                              \
    static long wait_##prefix##fscanf(void)                                                        \
    {                                                                                              \
        return named_##prefix##fscanf(stream, "%3s", text);                                        \
    }                                                                                              \
    static long list_##prefix(FILE *from, ...)                                                     \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, from);                                                                 \
        int result = from == stdin ? named_##prefix##vscanf("%3s", arguments)                      \
                                   : named_##prefix##vfscanf(from, "%3s", arguments);              \
        va_end(arguments);                                                                         \
        return result;                                                                             \
    }                                                                                              \
    static long wait_##prefix##vscanf(void)                                                        \
    {                                                                                              \
        return list_##prefix(stdin, text);                                                         \
    }                                                                                              \
    static long wait_##prefix##vfscanf(void)                                                       \
    {                                                                                              \
        return list_##prefix(stream, text);                                                        \
    }

SCANF(NAMED, )
SCANF(NAMED, __isoc99_)
SCANF(NAMED_WEAK, __isoc23_)

NAMED(int, __vfscanf, FILE *, const char *, va_list);

static long list_alias(FILE *from, ...)
{
    va_list arguments;
    va_start(arguments, from);
    int result = named___vfscanf(from, "%3s", arguments);
    va_end(arguments);
    return result;
}

static long wait___vfscanf(void)
{
    return list_alias(stream, text);
}

/* It asks a terminal, where there is one. */
static void take_terminal_away(void)
{
    must(setsid() > 0, "setsid");
}

static long wait_getpass(void)
{
    return strcmp(getpass(""), "7777777") == 0;
}

static int no_isoc23(void)
{
    return named___isoc23_scanf == NULL;
}

#define WAY_23(name)                                                                               \
    {                                                                                              \
#name, wait_##name, NULL, release_pipe, no_isoc23                                          \
    }

const struct way stream_ways[] = {
    WAY(fgetc),
    WAY(getc),
    WAY(_IO_getc),
    WAY(getchar),
    WAY(getw),
    WAY(fgetc_unlocked),
    WAY(getc_unlocked),
    WAY(getchar_unlocked),
    WAY(__uflow),
    WAY(__underflow),
    WAY(fgets),
    WAY(fgets_unlocked),
    WAY(__fgets_chk),
    WAY(__fgets_unlocked_chk),
    WAY(_IO_fgets),
    WAY(gets),
    WAY(_IO_gets),
    WAY(__gets_chk),
    WAY(_IO_fread),
    WAY(fread),
    WAY(fread_unlocked),
    WAY(__fread_chk),
    WAY(__fread_unlocked_chk),
    WAY(getline),
    WAY(getdelim),
    WAY(__getdelim),
    {"getpass", wait_getpass, take_terminal_away, release_pipe, NULL},
    WAY(scanf),
    WAY(fscanf),
    WAY(vscanf),
    WAY(vfscanf),
    WAY(__vfscanf),
    WAY(__isoc99_scanf),
    WAY(__isoc99_fscanf),
    WAY(__isoc99_vscanf),
    WAY(__isoc99_vfscanf),
    WAY_23(__isoc23_scanf),
    WAY_23(__isoc23_fscanf),
    WAY_23(__isoc23_vscanf),
    WAY_23(__isoc23_vfscanf),
    {0},
};
