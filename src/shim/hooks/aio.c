/* SPDX-License-Identifier: MIT */
/*
 * Reads and writes that threads of the C library's make, where no hook sees them: none can open a
 * connection, or wait for one that is deferred. A list may be of many; its addresses are looked at
 * like any of the program's.
 */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/program_memory.h"
#include "shim/writing.h"

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
    return operation == LIO_READ ? before_read(request->fd) : writing_in_bulk(request->fd);
}

static void before_requests(void *const list[], int count)
{
    for (int i = 0; !machine_idle() && i < count; i++) {
        if (!program_memory_readable(&list[i], sizeof list[i]))
            break;
        if (program_memory_readable(list[i], sizeof(struct request))) {
            int operation = ((const struct request *)list[i])->operation;
            if (operation == LIO_READ || operation == LIO_WRITE)
                before_request(list[i], operation);
        }
    }
}

#define AIO_HOOK(name, type, operation)                                                            \
    HOOK_WHILE(CONCERN_CONNECTIONS, int, name, (type * request), (request))                        \
    {                                                                                              \
        int error = before_request(request, operation);                                            \
        return error ? hook_fail(error) : NEXT(name)(request);                                     \
    }

#define LIO_HOOK(name, type)                                                                       \
    HOOK_WHILE(CONCERN_CONNECTIONS, int, name,                                                     \
               (int mode, type *const list[restrict], int count, struct sigevent *restrict event), \
               (mode, list, count, event))                                                         \
    {                                                                                              \
        before_requests((void *const *)list, count);                                               \
        if (mode == LIO_WAIT)                                                                      \
            waiting_before_block();                                                                \
        return NEXT(name)(mode, list, count, event);                                               \
    }

AIO_HOOK(aio_read, struct aiocb, LIO_READ)
AIO_HOOK(aio_read64, struct aiocb64, LIO_READ)
AIO_HOOK(aio_write, struct aiocb, LIO_WRITE)
AIO_HOOK(aio_write64, struct aiocb64, LIO_WRITE)
LIO_HOOK(lio_listio, struct aiocb)
LIO_HOOK(lio_listio64, struct aiocb64)
