/* SPDX-License-Identifier: MIT */
/* Streams read inside the C library, where no hook sees it: somebody may have to type first. */
#include "shim/hook.h"

#ifdef __GLIBC__
static bool has_buffered(FILE *stream)
{
    return stream->_IO_read_ptr < stream->_IO_read_end;
}

static void set_error(FILE *stream)
{
    stream->_flags |= _IO_ERR_SEEN;
}
#else
#include <stdio_ext.h>

/* musl's alone: in a program of glibc the library is off, and wants nothing that nobody has. */
extern __typeof__(__freadahead) __freadahead __attribute__((weak));
extern __typeof__(__fseterr) __fseterr __attribute__((weak));

static bool has_buffered(FILE *stream)
{
    return __freadahead(stream) > 0;
}

static void set_error(FILE *stream)
{
    __fseterr(stream);
}
#endif

/* False: the read has been interrupted, as the C library would have been. What is buffered it would
 * have found without waiting. */
static bool before_stream_read(FILE *stream)
{
    if (!waiting_concerns_thread() || waiting_before_call(fileno(stream), POLLIN) ||
        has_buffered(stream))
        return true;
    set_error(stream);
    return false;
}

#define STREAM_HOOK(type, failed, name, parameters, stream, arguments)                             \
    HOOK_WHILE(CONCERN_CONNECTIONS, type, name, parameters, arguments)                             \
    {                                                                                              \
        return before_stream_read(stream) ? NEXT(name) arguments : (failed);                       \
    }

#undef getc
#undef getwc
#undef getwchar
#undef getc_unlocked
#undef fread_unlocked
#undef getchar_unlocked
#undef fgetwc_unlocked
#undef getwc_unlocked
#undef getwchar_unlocked
STREAM_HOOK(int, EOF, fgetc, (FILE * stream), stream, (stream))
STREAM_HOOK(int, EOF, getc, (FILE * stream), stream, (stream))
SHIM_ALIAS(getc) __typeof__(getc) _IO_getc;
STREAM_HOOK(int, EOF, getchar, (void), stdin, ())
STREAM_HOOK(int, EOF, __uflow, (FILE * stream), stream, (stream))
STREAM_HOOK(int, EOF, __underflow, (FILE * stream), stream, (stream))
STREAM_HOOK(char *, NULL, fgets, (char *restrict line, int size, FILE *restrict stream), stream,
            (line, size, stream))
SHIM_ALIAS(fgets) __typeof__(fgets) _IO_fgets;
STREAM_HOOK(char *, NULL, __fgets_chk, (char *line, size_t buffer_size, int size, FILE *stream),
            stream, (line, buffer_size, size, stream))
STREAM_HOOK(size_t, 0, fread, (void *restrict to, size_t size, size_t count, FILE *restrict stream),
            stream, (to, size, count, stream))
SHIM_ALIAS(fread) __typeof__(fread) _IO_fread;
STREAM_HOOK(size_t, 0, __fread_chk,
            (void *to, size_t buffer_size, size_t size, size_t count, FILE *stream), stream,
            (to, buffer_size, size, count, stream))
STREAM_HOOK(ssize_t, -1, getline,
            (char **restrict line, size_t *restrict size, FILE *restrict stream), stream,
            (line, size, stream))
STREAM_HOOK(ssize_t, -1, getdelim,
            (char **restrict line, size_t *restrict size, int delimiter, FILE *restrict stream),
            stream, (line, size, delimiter, stream))
STREAM_HOOK(ssize_t, -1, __getdelim, (char **line, size_t *size, int delimiter, FILE *stream),
            stream, (line, size, delimiter, stream))
STREAM_HOOK(int, EOF, fgetc_unlocked, (FILE * stream), stream, (stream))
STREAM_HOOK(int, EOF, getc_unlocked, (FILE * stream), stream, (stream))
STREAM_HOOK(int, EOF, getchar_unlocked, (void), stdin, ())
STREAM_HOOK(char *, NULL, fgets_unlocked, (char *restrict line, int size, FILE *restrict stream),
            stream, (line, size, stream))
STREAM_HOOK(size_t, 0, fread_unlocked,
            (void *restrict to, size_t size, size_t count, FILE *restrict stream), stream,
            (to, size, count, stream))
STREAM_HOOK(wint_t, WEOF, fgetwc, (FILE * stream), stream, (stream))
STREAM_HOOK(wint_t, WEOF, getwc, (FILE * stream), stream, (stream))
STREAM_HOOK(wint_t, WEOF, getwchar, (void), stdin, ())
STREAM_HOOK(wchar_t *, NULL, fgetws, (wchar_t *restrict line, int size, FILE *restrict stream),
            stream, (line, size, stream))
STREAM_HOOK(wint_t, WEOF, fgetwc_unlocked, (FILE * stream), stream, (stream))
STREAM_HOOK(wint_t, WEOF, getwc_unlocked, (FILE * stream), stream, (stream))
STREAM_HOOK(wint_t, WEOF, getwchar_unlocked, (void), stdin, ())
STREAM_HOOK(wint_t, WEOF, __wuflow, (FILE * stream), stream, (stream))
STREAM_HOOK(wint_t, WEOF, __wunderflow, (FILE * stream), stream, (stream))
STREAM_HOOK(wchar_t *, NULL, fgetws_unlocked,
            (wchar_t *restrict line, int size, FILE *restrict stream), stream, (line, size, stream))
STREAM_HOOK(wchar_t *, NULL, __fgetws_chk,
            (wchar_t * line, size_t buffer_size, int size, FILE *stream), stream,
            (line, buffer_size, size, stream))
STREAM_HOOK(wchar_t *, NULL, __fgetws_unlocked_chk,
            (wchar_t * line, size_t buffer_size, int size, FILE *stream), stream,
            (line, buffer_size, size, stream))
STREAM_HOOK(char *, NULL, __fgets_unlocked_chk,
            (char *line, size_t buffer_size, int size, FILE *stream), stream,
            (line, buffer_size, size, stream))
STREAM_HOOK(size_t, 0, __fread_unlocked_chk,
            (void *to, size_t buffer_size, size_t size, size_t count, FILE *stream), stream,
            (to, buffer_size, size, count, stream))
STREAM_HOOK(int, EOF, getw, (FILE * stream), stream, (stream))
STREAM_HOOK(char *, NULL, gets, (char *line), stdin, (line))
SHIM_ALIAS(gets) __typeof__(gets) _IO_gets;
STREAM_HOOK(char *, NULL, __gets_chk, (char *line, size_t buffer_size), stdin, (line, buffer_size))

/* By the standard that a program is compiled for, headers redirect scanf() to one of three symbols:
 * the hooks are named by their symbols alone. */
#define SCANF_HOOK(symbol, ...) SHIM_HOOK int hook_##symbol(__VA_ARGS__) __asm__(#symbol)
#define SCANF_HOOKS(character, vfscanf, vscanf, fscanf, scanf)                                     \
    SCANF_HOOK(fscanf, FILE *, const character *, ...);                                            \
    SCANF_HOOK(scanf, const character *, ...);                                                     \
    HOOK_SYMBOL_WHILE(CONCERN_CONNECTIONS, int, vfscanf,                                           \
                      (FILE * stream, const character *format, va_list arguments),                 \
                      (stream, format, arguments))                                                 \
    {                                                                                              \
        return before_stream_read(stream) ? NEXT(vfscanf)(stream, format, arguments) : EOF;        \
    }                                                                                              \
    HOOK_SYMBOL_WHILE(CONCERN_CONNECTIONS, int, vscanf,                                            \
                      (const character *format, va_list arguments), (format, arguments))           \
    {                                                                                              \
        return before_stream_read(stdin) ? NEXT(vscanf)(format, arguments) : EOF;                  \
    }                                                                                              \
    int hook_##fscanf(FILE *stream, const character *format, ...)                                  \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        int result = hook_##vfscanf(stream, format, arguments);                                    \
        va_end(arguments);                                                                         \
        return result;                                                                             \
    }                                                                                              \
    int hook_##scanf(const character *format, ...)                                                 \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        int result = hook_##vfscanf(stdin, format, arguments);                                     \
        va_end(arguments);                                                                         \
        return result;                                                                             \
    }

SCANF_HOOKS(char, vfscanf, vscanf, fscanf, scanf)
SCANF_HOOKS(char, __isoc99_vfscanf, __isoc99_vscanf, __isoc99_fscanf, __isoc99_scanf)
SCANF_HOOKS(char, __isoc23_vfscanf, __isoc23_vscanf, __isoc23_fscanf, __isoc23_scanf)
SHIM_ALIAS(vfscanf) int __vfscanf(FILE *, const char *, va_list);
SCANF_HOOKS(wchar_t, vfwscanf, vwscanf, fwscanf, wscanf)
SCANF_HOOKS(wchar_t, __isoc99_vfwscanf, __isoc99_vwscanf, __isoc99_fwscanf, __isoc99_wscanf)
SCANF_HOOKS(wchar_t, __isoc23_vfwscanf, __isoc23_vwscanf, __isoc23_fwscanf, __isoc23_wscanf)
