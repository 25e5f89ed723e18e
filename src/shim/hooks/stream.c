/* SPDX-License-Identifier: MIT */
/* Streams read inside the C library, where no hook sees it: somebody may have to type first. */
#include "shim/hook.h"

static void before_stream_read(FILE *stream)
{
    if (wait_thread_defers())
        wait_before_blocking(fileno(stream), POLLIN);
}

#define STREAM_HOOK(type, name, parameters, stream, arguments)                                     \
    SHIM_HOOK type name parameters                                                                 \
    {                                                                                              \
        before_stream_read(stream);                                                                \
        return NEXT(name) arguments;                                                               \
    }

#undef getc
STREAM_HOOK(int, fgetc, (FILE * stream), stream, (stream))
STREAM_HOOK(int, getc, (FILE * stream), stream, (stream))
SHIM_ALIAS(getc) __typeof__(getc) _IO_getc;
STREAM_HOOK(int, getchar, (void), stdin, ())
STREAM_HOOK(int, __uflow, (FILE * stream), stream, (stream))
STREAM_HOOK(int, __underflow, (FILE * stream), stream, (stream))
STREAM_HOOK(char *, fgets, (char *restrict line, int size, FILE *restrict stream), stream,
            (line, size, stream))
STREAM_HOOK(char *, __fgets_chk, (char *line, size_t buffer_size, int size, FILE *stream), stream,
            (line, buffer_size, size, stream))
STREAM_HOOK(size_t, fread, (void *restrict to, size_t size, size_t count, FILE *restrict stream),
            stream, (to, size, count, stream))
STREAM_HOOK(size_t, __fread_chk,
            (void *to, size_t buffer_size, size_t size, size_t count, FILE *stream), stream,
            (to, buffer_size, size, count, stream))
STREAM_HOOK(ssize_t, getline, (char **restrict line, size_t *restrict size, FILE *restrict stream),
            stream, (line, size, stream))
STREAM_HOOK(ssize_t, getdelim,
            (char **restrict line, size_t *restrict size, int delimiter, FILE *restrict stream),
            stream, (line, size, delimiter, stream))
STREAM_HOOK(ssize_t, __getdelim, (char **line, size_t *size, int delimiter, FILE *stream), stream,
            (line, size, delimiter, stream))
