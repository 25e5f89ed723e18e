/* SPDX-License-Identifier: MIT */
#include "shim/policy_first.h"

#include "policy/compile.h"
#include "shim/log.h"

#include <dlfcn.h>

#define MODULE_NAME "libtfoshim-policy.so"

const char policy_first_compiler[] = MODULE_NAME;

/* The module's names, and libconfig's, must not meet the program's: RTLD_LOCAL keeps ours from the
 * program, RTLD_DEEPBIND keeps the program's from ours. The sanitizers refuse the latter. */
static int module_flags(void)
{
    int flags = RTLD_NOW | RTLD_LOCAL;
    return dlsym(RTLD_DEFAULT, "__sanitizer_print_stack_trace") ? flags : flags | RTLD_DEEPBIND;
}

struct first_report {
    bool said;
};

/* One line, once: the command `tfoshim check` tells all. */
static void report(void *context, const char *message)
{
    struct first_report *first = context;
    if (!first->said)
        log_texts(LOG_ERROR, message, RUNNING_WITHOUT);
    first->said = true;
}

const struct policy *policy_first(const struct policy_wanted *wanted)
{
    struct first_report first = {false};
    void *module = *wanted->module ? dlopen(wanted->module, module_flags()) : NULL;
    if (!module) {
        log_texts(LOG_ERROR, wanted->file, ": cannot be read without ", MODULE_NAME, ": ",
                  dlerror(), RUNNING_WITHOUT);
        return NULL;
    }
    policy_compile_fn *compile_file;
    *(void **)&compile_file = dlsym(module, POLICY_COMPILE_SYMBOL);
    const struct policy *policy =
        compile_file ? compile_file(wanted->file, wanted->subject, report, &first) : NULL;
    dlclose(module);
    return policy && policy_is_usable(policy) ? policy : NULL;
}
