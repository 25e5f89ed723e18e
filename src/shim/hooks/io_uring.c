/* SPDX-License-Identifier: MIT */
/*
 * The set-up of rings (io_uring): by number, and by liburing's names, for that library makes the
 * system call itself. It may come into the program after the shim, as a plugin's: then it is looked
 * for when it is called.
 */
#include "shim/hook.h"

#include "shim/hooks/by_number.h"
#include "shim/ring.h"

/* The names under which programs are linked with it. */
static const char *const libraries[] = {"liburing.so.2", "liburing-ffi.so.2", "liburing.so.1",
                                        NULL};

#define RING_HOOK(name, parameters, arguments)                                                     \
    NEXT_FIRST(int, name, next_functions.name, parameters, arguments)                              \
    SHIM_HOOK int name parameters                                                                  \
    {                                                                                              \
        HOOK_ENTERED(#name);                                                                       \
        __typeof__(&(name)) next;                                                                  \
        *(void **)&next = NEXT_OR_LATE(name, libraries);                                           \
        return next ? (int)ring_made(next arguments) : -ENOSYS;                                    \
    }

RING_HOOK(io_uring_setup, (unsigned entries, struct io_uring_params *parameters),
          (entries, parameters))
RING_HOOK(io_uring_queue_init, (unsigned entries, struct io_uring *ring, unsigned flags),
          (entries, ring, flags))
RING_HOOK(io_uring_queue_init_params,
          (unsigned entries, struct io_uring *ring, struct io_uring_params *parameters),
          (entries, ring, parameters))
RING_HOOK(io_uring_queue_init_mem,
          (unsigned entries, struct io_uring *ring, struct io_uring_params *parameters,
           void *buffer, size_t size),
          (entries, ring, parameters, buffer, size))
RING_HOOK(io_uring_queue_init_try_nosqarr,
          (unsigned entries, struct io_uring *ring, struct io_uring_params *parameters,
           void *buffer, size_t size),
          (entries, ring, parameters, buffer, size))

long RING_by_number(const struct call *call)
{
    return ring_made(call_plainly(call));
}
