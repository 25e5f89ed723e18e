/* SPDX-License-Identifier: MIT */
/* Writers whose bytes cannot go into a SYN: the connection is started first. */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/reading.h"
#include "shim/writing.h"

static int before_bulk_write(int fd)
{
    return machine_idle() ? 0 : writing_in_bulk(fd);
}

int before_read(int fd)
{
    ssize_t result;
    return !machine_idle() && reading(fd, 0, &result) && result < 0 ? errno : 0;
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, sendfile, (int out, int in, off_t *offset, size_t count),
           (out, in, offset, count))
{
    int error = before_bulk_write(out);
    return error ? hook_fail(error) : written(out, NEXT(sendfile)(out, in, offset, count));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, sendfile64,
           (int out, int in, off64_t *offset, size_t count), (out, in, offset, count))
{
    int error = before_bulk_write(out);
    return error ? hook_fail(error) : written(out, NEXT(sendfile64)(out, in, offset, count));
}

/* Either end may be a connection, or what this thread is about to wait for. */
int before_transfer(int in, int out)
{
    int error = before_read(in);
    return error ? error : before_bulk_write(out);
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, splice,
           (int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length,
            unsigned flags),
           (in, in_offset, out, out_offset, length, flags))
{
    int error = before_transfer(in, out);
    return error ? hook_fail(error)
                 : written(out, NEXT(splice)(in, in_offset, out, out_offset, length, flags));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, tee, (int in, int out, size_t length, unsigned flags),
           (in, out, length, flags))
{
    int error = before_transfer(in, out);
    return error ? hook_fail(error) : NEXT(tee)(in, out, length, flags);
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, vmsplice,
           (int fd, const struct iovec *parts, size_t count, unsigned flags),
           (fd, parts, count, flags))
{
    int error = before_bulk_write(fd);
    return error ? hook_fail(error) : NEXT(vmsplice)(fd, parts, count, flags);
}
