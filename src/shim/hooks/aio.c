/* SPDX-License-Identifier: MIT */
/*
 * Reads and writes that threads of the C library's make, or the kernel (libaio), where no hook sees
 * them: none can open a connection, or wait for one that is deferred. A list may be of many; its
 * addresses are looked at like any of the program's.
 */
#include "shim/hook.h"

#include "shim/hooks/by_number.h"
#include "shim/hooks/inner.h"
#include "shim/program_memory.h"
#include "shim/sharing.h"
#include "shim/writing.h"

#include <linux/aio_abi.h>

#define SUBMITTED "asynchronous I/O may use it"

/* What both widths of a request begin with. */
struct request {
    int fd;
    int operation;
};

_Static_assert(offsetof(struct aiocb, aio_fildes) == offsetof(struct request, fd) &&
                   offsetof(struct aiocb64, aio_fildes) == offsetof(struct request, fd) &&
                   offsetof(struct aiocb, aio_lio_opcode) == offsetof(struct request, operation) &&
                   offsetof(struct aiocb64, aio_lio_opcode) == offsetof(struct request, operation),
               "a request is to begin so");

static int before_request(const void *requested, int operation)
{
    const struct request *request = requested;
    if (machine_idle() || !program_memory_readable(request, sizeof *request) ||
        !machine_knows(request->fd))
        return 0;
    int error = operation == LIO_READ ? before_read(request->fd) : writing_in_bulk(request->fd);
    return error == EINTR ? 0 : error; /* it does not wait */
}

/* Whoever submits a list is not told of one of them that has failed. */
static void before_requests(void *const list[], int count)
{
    for (int i = 0; !machine_idle() && i < count; i++) {
        if (!program_memory_readable(&list[i], sizeof list[i]))
            break;
        if (program_memory_readable(list[i], sizeof(struct request))) {
            const struct request *request = list[i];
            if (request->operation == LIO_READ || request->operation == LIO_WRITE)
                sharing_unseen(request->fd, SUBMITTED);
        }
    }
}

#define AIO_HOOK(name, type, operation)                                                            \
    HOOK_WHILE(CONCERN_CONNECTIONS, int, name, (type * request), (request))                        \
    {                                                                                              \
        int error = before_request(request, operation);                                            \
        return error ? hook_fail(error) : NEXT(name)(request);                                     \
    }

/* musl promises more of the list. */
#define LIO_HOOK(name, type)                                                                       \
    HOOK_SYMBOL_WHILE(                                                                             \
        CONCERN_CONNECTIONS, int, name,                                                            \
        (int mode, type *const list[restrict], int count, struct sigevent *restrict event),        \
        (mode, list, count, event))                                                                \
    {                                                                                              \
        before_requests((void *const *)list, count);                                               \
        if (mode == LIO_WAIT)                                                                      \
            waiting_before_block(WAIT_GOES_ON);                                                    \
        return NEXT(name)(mode, list, count, event);                                               \
    }

AIO_HOOK(aio_read, struct aiocb, LIO_READ)
AIO_HOOK(aio_read64, struct aiocb64, LIO_READ)
AIO_HOOK(aio_write, struct aiocb, LIO_WRITE)
AIO_HOOK(aio_write64, struct aiocb64, LIO_WRITE)
LIO_HOOK(lio_listio, struct aiocb)
LIO_HOOK(lio_listio64, struct aiocb64)

/* The kernel's own: libaio makes its system calls itself. It reads, writes or polls at once. */
static void before_submit(long count, void *const list[])
{
    for (long i = 0; !machine_idle() && i < count; i++) {
        const struct iocb *request;
        if (!program_memory_readable(&list[i], sizeof list[i]))
            break;
        request = list[i];
        if (program_memory_readable(request, sizeof *request))
            sharing_unseen((int)request->aio_fildes, SUBMITTED);
    }
    waiting_before_block(WAIT_GOES_ON);
}

NEXT_FIRST(int, io_submit, next_functions.io_submit,
           (void *context, long count, struct iocb *list[]), (context, count, list))

SHIM_HOOK int io_submit(void *context, long count, struct iocb *list[])
{
    static const char *const libraries[] = {"libaio.so.1", "libaio.so.1t64", NULL};
    HOOK_ENTERED("io_submit");
    __typeof__(&(io_submit)) next;
    *(void **)&next = NEXT_OR_LATE(io_submit, libraries);
    before_submit(count, (void *const *)list);
    return next ? next(context, count, list) : -ENOSYS;
}

long SUBMIT_by_number(const struct call *call)
{
    before_submit(call->a[1].word, call->a[2].pointer);
    return call_plainly(call);
}
