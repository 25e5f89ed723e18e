/* SPDX-License-Identifier: MIT */
/*
 * The checked functions that a fortifying compiler calls. Only glibc has them, and musl's dynamic
 * linker ends a program one of whose libraries wants what nobody has. So the linker sends those
 * calls here (CMakeLists.txt), where the imports are weak. Which of them are called, each compiler
 * decides for itself; the linker drops the others.
 */
#include <string.h>

#define CHECKED(type, name, parameters, arguments)                                                 \
    extern type __real___##name##_chk parameters __attribute__((weak));                            \
    type __wrap___##name##_chk parameters;                                                         \
    __attribute__((used)) type __wrap___##name##_chk parameters                                    \
    {                                                                                              \
        return __real___##name##_chk arguments;                                                    \
    }

/* Without glibc the library is off, and calls none of these (start_up.c). */
CHECKED(void *, memcpy, (void *to, const void *from, size_t size, size_t room),
        (to, from, size, room))
CHECKED(void *, memmove, (void *to, const void *from, size_t size, size_t room),
        (to, from, size, room))
CHECKED(void *, memset, (void *to, int byte, size_t size, size_t room), (to, byte, size, room))
CHECKED(char *, stpcpy, (char *to, const char *from, size_t room), (to, from, room))
CHECKED(char *, strcpy, (char *to, const char *from, size_t room), (to, from, room))
