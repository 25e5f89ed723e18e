/* SPDX-License-Identifier: MIT */
#include "shim/program_memory.h"

#include "shim/next.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#define PAGE PROGRAM_MEMORY_PAGE

/* Eight aligned bytes, by a system call that reads them and then finds its first argument wrong: it
 * changes nothing, and no sandbox forbids it. */
static bool word_is_readable(uintptr_t address)
{
    const long no_such_action = -1;
    return NEXT(syscall)(SYS_rt_sigprocmask, no_such_action, address & ~(uintptr_t)7, NULL, 8) ==
               0 ||
           errno != EFAULT;
}

bool program_memory_is_whole(const void *address, size_t length)
{
    uintptr_t begin = (uintptr_t)address;
    return length <= PAGE && begin / PAGE == (begin + length - 1) / PAGE;
}

bool program_memory_asked(const void *address, size_t length)
{
    int saved = errno;
    uintptr_t begin = (uintptr_t)address;
    /* The word at 0 would be no argument at all to the call that reads it. */
    bool readable = length == 0 || (begin >= 8 && begin + (length - 1) >= begin);
    if (readable && length) {
        uintptr_t last = begin + (length - 1);
        for (uintptr_t at = begin; readable && at <= last;) {
            uintptr_t next_page = (at & ~(uintptr_t)(PAGE - 1)) + PAGE;
            readable = word_is_readable(at);
            if (next_page < at)
                break;
            at = next_page;
        }
    }
    errno = saved;
    return readable;
}

bool program_memory_has_end(const char *text)
{
    while (program_memory_readable(text, 1)) {
        size_t left = PAGE - (uintptr_t)text % PAGE;
        if (memchr(text, '\0', left))
            return true;
        text += left;
    }
    return false;
}
