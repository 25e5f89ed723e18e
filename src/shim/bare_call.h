/* SPDX-License-Identifier: MIT */
/*
 * System calls that nothing of the C library takes part in: for a process that runs in another
 * one's memory, where errno is that one's. On machines without BARE_CALLS there are none.
 */
#ifndef TFOSHIM_SHIM_BARE_CALL_H
#define TFOSHIM_SHIM_BARE_CALL_H

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#define BARE_SPAWN_FLAGS (CLONE_VM | CLONE_VFORK | SIGCHLD)

/* What bare_spawn() is to execute, in the order that it reads. */
struct bare_program {
    const char *path;
    const char *const *arguments;
    const char *const *environment;
};

/* bare_call(): the result or -errno. bare_spawn(): a child that executes the program, or ends with
 * 127; its number or -errno. Until it has, it has the caller's memory, registers and stack, so what
 * it does in between is here and touches nothing but its registers. The kernel takes the address of
 * the program as an argument that counts for nothing with these flags. */

#if defined(__x86_64__) && !defined(__ILP32__)
#define BARE_CALLS

static inline long bare_call(long number, long a, long b, long c, long d)
{
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return number;
}

static inline long bare_spawn(const struct bare_program *program)
{
    register const struct bare_program *given __asm__("r8") = program;
    register long none __asm__("r10") = 0;
    long result = SYS_clone;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "mov (%%r8), %%rdi\n\t"
                     "mov 8(%%r8), %%rsi\n\t"
                     "mov 16(%%r8), %%rdx\n\t"
                     "mov %[execve], %%eax\n\t"
                     "syscall\n\t"
                     "mov $127, %%edi\n\t"
                     "mov %[exit], %%eax\n\t"
                     "syscall\n\t"
                     "hlt\n"
                     "1:"
                     : "+a"(result)
                     : "D"((long)BARE_SPAWN_FLAGS), "S"(0L), "d"(0L), "r"(none),
                       "r"(given), [execve] "i"(SYS_execve), [exit] "i"(SYS_exit)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

#elif defined(__i386__)
#define BARE_CALLS

static inline long bare_call(long number, long a, long b, long c, long d)
{
    __asm__ volatile("int $0x80" : "+a"(number) : "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return number;
}

static inline long bare_spawn(const struct bare_program *program)
{
    long result = SYS_clone;
    __asm__ volatile("int $0x80\n\t"
                     "test %%eax, %%eax\n\t"
                     "jnz 1f\n\t"
                     "mov (%%esi), %%ebx\n\t"
                     "mov 4(%%esi), %%ecx\n\t"
                     "mov 8(%%esi), %%edx\n\t"
                     "mov %[execve], %%eax\n\t"
                     "int $0x80\n\t"
                     "mov $127, %%ebx\n\t"
                     "mov %[exit], %%eax\n\t"
                     "int $0x80\n\t"
                     "hlt\n"
                     "1:"
                     : "+a"(result)
                     : "b"((long)BARE_SPAWN_FLAGS), "c"(0L), "d"(0L), "S"(program),
                       "D"(0L), [execve] "i"(SYS_execve), [exit] "i"(SYS_exit)
                     : "memory", "cc");
    return result;
}

#elif defined(__aarch64__)
#define BARE_CALLS

static inline long bare_call(long number, long a, long b, long c, long d)
{
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c, x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory", "cc");
    return x0;
}

static inline long bare_spawn(const struct bare_program *program)
{
    register long x8 __asm__("x8") = SYS_clone, x0 __asm__("x0") = BARE_SPAWN_FLAGS;
    register long x1 __asm__("x1") = 0, x2 __asm__("x2") = 0, x4 __asm__("x4") = 0;
    register const struct bare_program *x3 __asm__("x3") = program;
    __asm__ volatile("svc 0\n\t"
                     "cbnz x0, 1f\n\t"
                     "ldr x0, [x3]\n\t"
                     "ldr x1, [x3, 8]\n\t"
                     "ldr x2, [x3, 16]\n\t"
                     "mov x8, %[execve]\n\t"
                     "svc 0\n\t"
                     "mov x0, 127\n\t"
                     "mov x8, %[exit]\n\t"
                     "svc 0\n\t"
                     "brk 1\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3),
                       "r"(x4), [execve] "i"(SYS_execve), [exit] "i"(SYS_exit)
                     : "memory", "cc");
    return x0;
}

#endif

#endif
