/* SPDX-License-Identifier: MIT */
/* Every call that writes a few bytes, by its symbol. */
#include "calls.h"
#include "common.h"
#include "named.h"

#include <aio.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

NAMED(ssize_t, __write, int, const void *, size_t);
NAMED(ssize_t, __send, int, const void *, size_t, int);
NAMED(ssize_t, pwritev64v2, int, const struct iovec *, int, off64_t, int);
NAMED(ssize_t, sendfile64, int, int, off64_t *, size_t);
NAMED(int, vdprintf, int, const char *, va_list);
NAMED(int, __vdprintf_chk, int, int, const char *, va_list);
NAMED(int, dprintf, int, const char *, ...);
NAMED(int, __dprintf_chk, int, int, const char *, ...);

static char bytes[] = "hello\n";
static struct iovec pieces[] = {{bytes, 3}, {bytes + 3, 3}};

/* A non-blocking program has to expect EAGAIN of whatever writes. */
#define WRITE(symbol, call)                                                                        \
    static void call_##symbol(int fd)                                                              \
    {                                                                                              \
        long result;                                                                               \
        while ((result = (call)) < 0 && errno == EAGAIN)                                           \
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);                            \
        say(#symbol, result);                                                                      \
    }

static int file_of_bytes(void)
{
    int file = memfd_create("bytes", MFD_CLOEXEC);
    if (file < 0 || write(file, bytes, 6) != 6 || lseek(file, 0, SEEK_SET) != 0)
        err(2, "memfd");
    return file;
}

static int list(int checked, int fd, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = checked ? named___vdprintf_chk(fd, 1, format, arguments)
                         : named_vdprintf(fd, format, arguments);
    va_end(arguments);
    return result;
}

WRITE(write, write(fd, bytes, 6))
WRITE(__write, named___write(fd, bytes, 6))
WRITE(writev, writev(fd, pieces, 2))
WRITE(pwritev2, pwritev2(fd, pieces, 2, -1, 0))
WRITE(pwritev64v2, named_pwritev64v2(fd, pieces, 2, -1, 0))
WRITE(send, send(fd, bytes, 6, 0))
WRITE(__send, named___send(fd, bytes, 6, 0))
WRITE(sendto, sendto(fd, bytes, 6, 0, NULL, 0))
WRITE(sendmsg, sendmsg(fd, &(struct msghdr){.msg_iov = pieces, .msg_iovlen = 2}, 0))
WRITE(sendmmsg,
      sendmmsg(fd, &(struct mmsghdr){.msg_hdr = {.msg_iov = pieces, .msg_iovlen = 2}}, 1, 0))
WRITE(sendfile, sendfile(fd, file_of_bytes(), NULL, 6))
WRITE(sendfile64, named_sendfile64(fd, file_of_bytes(), NULL, 6))
WRITE(dprintf, named_dprintf(fd, "%s", bytes))
WRITE(__dprintf_chk, named___dprintf_chk(fd, 1, "%s", bytes))
WRITE(vdprintf, list(0, fd, "%s", bytes))
WRITE(__vdprintf_chk, list(1, fd, "%s", bytes))

/* The C library's thread writes, and waits itself where it has to. */
#define WRITE_LATER(symbol, width, call)                                                           \
    static void call_##symbol(int fd)                                                              \
    {                                                                                              \
        struct aiocb##width block = {                                                              \
            .aio_fildes = fd, .aio_lio_opcode = LIO_WRITE, .aio_buf = bytes, .aio_nbytes = 6};     \
        struct aiocb##width *list[] = {&block};                                                    \
        say(#symbol, call);                                                                        \
        while (aio_error##width(list[0]) == EINPROGRESS)                                           \
            poll(NULL, 0, 1);                                                                      \
        say("aio_return", aio_return##width(list[0]));                                             \
    }

WRITE_LATER(aio_write, , aio_write(&block))
WRITE_LATER(aio_write64, 64, aio_write64(&block))
WRITE_LATER(lio_listio, , lio_listio(LIO_WAIT, list, 1, NULL))
WRITE_LATER(lio_listio64, 64, lio_listio64(LIO_WAIT, list, 1, NULL))

const struct call write_calls[] = {
    {"write", call_write},
    {"__write", call___write},
    {"writev", call_writev},
    {"pwritev2", call_pwritev2},
    {"pwritev64v2", call_pwritev64v2},
    {"send", call_send},
    {"__send", call___send},
    {"sendto", call_sendto},
    {"sendmsg", call_sendmsg},
    {"sendmmsg", call_sendmmsg},
    {"sendfile", call_sendfile},
    {"sendfile64", call_sendfile64},
    {"dprintf", call_dprintf},
    {"__dprintf_chk", call___dprintf_chk},
    {"vdprintf", call_vdprintf},
    {"__vdprintf_chk", call___vdprintf_chk},
    {"aio_write", call_aio_write},
    {"aio_write64", call_aio_write64},
    {"lio_listio", call_lio_listio},
    {"lio_listio64", call_lio_listio64},
    {0},
};
