/* SPDX-License-Identifier: MIT */
#include "policy/compile.h"
#include "policy/rules.h"

#include <stdio.h>

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

/* The first error, and whom to tell of all. */
struct errors {
    policy_report *report;
    void *context;
    char first[1024];
};

static void note_error(void *context, const char *message)
{
    struct errors *errors = context;
    if (errors->first[0] == '\0')
        snprintf(errors->first, sizeof errors->first, "%s", message);
    errors->report(errors->context, message);
}

const struct policy *policy_compile_any(const char *path, const struct policy_subject *subject,
                                        policy_report *report, void *context)
{
    struct errors errors = {.report = report, .context = context};
    struct rule_file *file = rules_read_erroneous(path, note_error, &errors);
    const struct policy *policy = NULL;
    if (file == NULL)
        return NULL;
    if (file->errors == 0)
        policy = rules_build(file, subject, report, context);
    else if (!file->exhausted)
        policy = rules_build_refusal(file, errors.first);
    rules_free(file);
    return policy;
}
