/* SPDX-License-Identifier: MIT */
#include "policy/compile.h"
#include "policy/rules.h"

const struct policy *policy_compile(const char *path, const struct policy_subject *subject,
                                    policy_report *report, void *context)
{
    struct rule_file *file = rules_read(path, NULL, report, context);
    const struct policy *policy;

    if (file == NULL)
        return NULL;
    policy = rules_build(file, subject, report, context);
    rules_free(file);
    return policy;
}
