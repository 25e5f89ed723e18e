/* SPDX-License-Identifier: MIT */
/* Waiting for a line that another thread writes to a pipe, by a stream of wide characters. */
#include "named.h"
#include "rendezvous.h"

#include <stdarg.h>
#include <wchar.h>

static wchar_t text[64];

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

/* What fills a wide stream's buffer takes it for one: it has to be told. */
static FILE *oriented(void)
{
    fwide(wide, 1);
    return wide;
}

READ(wint_t, fgetwc, (FILE *), named_fgetwc(wide))
READ(wint_t, getwc, (FILE *), named_getwc(wide))
READ(wint_t, getwchar, (void), named_getwchar())
READ(wint_t, fgetwc_unlocked, (FILE *), named_fgetwc_unlocked(wide))
READ(wint_t, getwc_unlocked, (FILE *), named_getwc_unlocked(wide))
READ(wint_t, getwchar_unlocked, (void), named_getwchar_unlocked())
READ(wint_t, __wuflow, (FILE *), named___wuflow(oriented()))
READ(wint_t, __wunderflow, (FILE *), named___wunderflow(oriented()))
READ(wchar_t *, fgetws, (wchar_t *, int, FILE *), named_fgetws(text, 64, wide) == text)
READ(wchar_t *, fgetws_unlocked, (wchar_t *, int, FILE *),
     named_fgetws_unlocked(text, 64, wide) == text)
READ(wchar_t *, __fgetws_chk, (wchar_t *, size_t, int, FILE *),
     named___fgetws_chk(text, 64, 64, wide) == text)
READ(wchar_t *, __fgetws_unlocked_chk, (wchar_t *, size_t, int, FILE *),
     named___fgetws_unlocked_chk(text, 64, 64, wide) == text)

/* As scanf(): by the standard that a program is compiled for. */
#define SCANF(DECLARE, prefix)                                                                     \
    DECLARE(int, prefix##wscanf, const wchar_t *, ...);                                            \
    DECLARE(int, prefix##fwscanf, FILE *, const wchar_t *, ...);                                   \
    DECLARE(int, prefix##vwscanf, const wchar_t *, va_list);                                       \
    DECLARE(int, prefix##vfwscanf, FILE *, const wchar_t *, va_list);                              \
    static long wait_##prefix##wscanf(void)                                                        \
    {                                                                                              \
        return named_##prefix##wscanf(L"%3ls", text);                                              \
    }                                                                                              \
    static long wait_##prefix##fwscanf(void)                                                       \
    {                                                                                              \
        return named_##prefix##fwscanf(wide, L"%3ls", text);                                       \
    }                                                                                              \
    static long list_##prefix(FILE *from, ...)                                                     \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, from);                                                                 \
        int result = from == stdin ? named_##prefix##vwscanf(L"%3ls", arguments)                   \
                                   : named_##prefix##vfwscanf(from, L"%3ls", arguments);           \
        va_end(arguments);                                                                         \
        return result;                                                                             \
    }                                                                                              \
    static long wait_##prefix##vwscanf(void)                                                       \
    {                                                                                              \
        return list_##prefix(stdin, text);                                                         \
    }                                                                                              \
    static long wait_##prefix##vfwscanf(void)                                                      \
    {                                                                                              \
        return list_##prefix(wide, text);                                                          \
    }

SCANF(NAMED, )
SCANF(NAMED, __isoc99_)
SCANF(NAMED_WEAK, __isoc23_)

static int no_isoc23(void)
{
    return named___isoc23_wscanf == NULL;
}

#define WAY_23(name)                                                                               \
    {                                                                                              \
#name, wait_##name, NULL, release_pipe, no_isoc23                                          \
    }

const struct way wide_ways[] = {
    WAY(fgetwc),
    WAY(getwc),
    WAY(getwchar),
    WAY(fgetwc_unlocked),
    WAY(getwc_unlocked),
    WAY(getwchar_unlocked),
    WAY(__wuflow),
    WAY(__wunderflow),
    WAY(fgetws),
    WAY(fgetws_unlocked),
    WAY(__fgetws_chk),
    WAY(__fgetws_unlocked_chk),
    WAY(wscanf),
    WAY(fwscanf),
    WAY(vwscanf),
    WAY(vfwscanf),
    WAY(__isoc99_wscanf),
    WAY(__isoc99_fwscanf),
    WAY(__isoc99_vwscanf),
    WAY(__isoc99_vfwscanf),
    WAY_23(__isoc23_wscanf),
    WAY_23(__isoc23_fwscanf),
    WAY_23(__isoc23_vwscanf),
    WAY_23(__isoc23_vfwscanf),
    {0},
};
