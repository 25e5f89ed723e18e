/* SPDX-License-Identifier: MIT */
/*
 * By system call user dispatch (Linux 5.11): while it is switched on, a call that does not come out
 * of the gate below raises SIGSYS instead, whose handler makes it, or says that it has failed.
 */
#include "start.h"

#include "plan.h"

#include <err.h>
#include <errno.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

bool start_is_watched;

static volatile char selector = SYSCALL_DISPATCH_FILTER_ALLOW;

/* The gate: the kernel lets calls through that are made here. The arguments come as those of a
 * function, the number last. */
__asm__(".pushsection .text.gate, \"ax\"\n"
        ".global faults_gate, faults_restorer, faults_gate_end\n"
        ".hidden faults_gate, faults_restorer, faults_gate_end\n"
        "faults_gate:\n"
        "  movq 8(%rsp), %rax\n"
        "  movq %rcx, %r10\n"
        "  syscall\n"
        "  ret\n"
        "faults_restorer:\n"
        "  movq $15, %rax\n"
        "  syscall\n"
        "  hlt\n" /* the kernel asks where the call is to return to */
        "faults_gate_end:\n"
        ".popsection\n");
long faults_gate(long, long, long, long, long, long, long number);
extern const char faults_restorer[], faults_gate_end[];

struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    const void *restorer;
    unsigned long mask;
};

/* close() has closed whatever it says. */
static long make(long number, const long a[6])
{
    int error = plan_fault(PHASE_START, number, a);
    if (error && number != SYS_close)
        return -error;
    long result = faults_gate(a[0], a[1], a[2], a[3], a[4], a[5], number);
    return error ? -error : result;
}

static void at_call(int signal_number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const long arguments[6] = {registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                               registers[REG_R10], registers[REG_R8],  registers[REG_R9]};
    (void)signal_number, (void)info;
    registers[REG_RAX] = make(registers[REG_RAX], arguments);
}

static void handle(void (*handler)(int, siginfo_t *, void *))
{
    const struct kernel_action action = {
        .handler = handler,
        .flags = SA_SIGINFO | SA_NODEFER | 0x04000000ul, /* SA_RESTORER */
        .restorer = faults_restorer,
    };
    if (faults_gate(SIGSYS, (long)(handler ? &action : &(struct kernel_action){0}), 0, 8, 0, 0,
                    SYS_rt_sigaction) != 0)
        errx(2, "cannot handle SIGSYS");
}

void start_watch(void)
{
    const char *gate = (const char *)faults_gate;
    handle(at_call);
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, gate, faults_gate_end - gate,
              &selector) != 0)
        err(2, "this kernel has no system call user dispatch");
    start_is_watched = true;
    selector = SYSCALL_DISPATCH_FILTER_BLOCK;
}

void start_leave(void)
{
    if (!start_is_watched)
        return;
    selector = SYSCALL_DISPATCH_FILTER_ALLOW;
    start_is_watched = false;
    prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    handle(NULL);
}
