/* SPDX-License-Identifier: MIT */
#include "shim/policy_first.h"

#include "kernel/tcp.h"
#include "shim/log.h"
#include "shim/policy_compiler.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

const char policy_first_compiler[] = "tfoshim-compile";

/* What the compiler has written, or NULL. It is of this library's version, or of another one. */
static const struct policy *map(int written)
{
    struct stat status;
    if (fstat(written, &status) != 0 || status.st_size < (off_t)sizeof(struct policy))
        return NULL;
    size_t size = (size_t)status.st_size;
    void *block = mmap(NULL, size, PROT_READ, MAP_PRIVATE, written, 0);
    if (block == MAP_FAILED)
        return NULL;
    const struct policy *policy = block;
    if (policy->size == size && policy_is_usable(policy))
        return policy;
    munmap(block, size);
    return NULL;
}

static enum compiler_answer compile_into(int file, const struct policy_wanted *wanted)
{
    const uint64_t all = ~UINT64_C(0);
    enum compiler_answer answer = COMPILER_MISSING;
    uint64_t mask;
    if (tcp_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&mask, sizeof mask, 0, 0) != 0)
        return answer;
    if (policy_compiler_write(wanted->module, wanted, file))
        answer = policy_compiler_wait();
    tcp_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof mask, 0, 0);
    return answer;
}

const struct policy *policy_first(const struct policy_wanted *wanted)
{
    int file = memfd_create("tfoshim-policy", 0);
    enum compiler_answer answer = file < 0 ? COMPILER_MISSING : compile_into(file, wanted);
    const struct policy *policy = answer == COMPILER_KEPT ? map(file) : NULL;
    if (file >= 0)
        tcp_call(SYS_close, file, 0, 0, 0, 0, 0);
    if (answer == COMPILER_MISSING)
        log_texts(LOG_ERROR, wanted->file, ": cannot be read: ", wanted->module,
                  " cannot be started", RUNNING_WITHOUT);
    else if (!policy)
        log_texts(LOG_ERROR, wanted->file, ": cannot be read: ", wanted->module,
                  " makes no policy for this library", RUNNING_WITHOUT);
    else if (policy->refusal)
        log_texts(LOG_ERROR, policy_at(policy, policy->refusal), RUNNING_WITHOUT);
    return policy;
}
