/* SPDX-License-Identifier: MIT */
/* libtfoshim-policy.so: see policy/compile.h. */
#include "policy/compile.h"

/* Said twice, so that a change of the type is noticed here. */
extern policy_compile_fn tfoshim_policy_compile;

__attribute__((visibility("default"))) const struct policy *
tfoshim_policy_compile(const char *path, const struct policy_subject *subject,
                       policy_report *report, void *context)
{
    return policy_compile_any(path, subject, report, context);
}
