/* SPDX-License-Identifier: MIT */
/*
 * Configuration file -> policy. The only code of the project that uses libconfig: linked into the
 * command, and into the module libtfoshim-policy.so that the preloaded library opens during
 * start-up (RTLD_LOCAL | RTLD_DEEPBIND) and closes again, so that libconfig's names never enter the
 * wrapped program's symbol scope.
 */
#ifndef TFOSHIM_POLICY_COMPILE_H
#define TFOSHIM_POLICY_COMPILE_H

#include "policy/policy.h"
#include "policy/subject.h"

/* Receives each error as one finished line without a newline:
 * "file:line: what was found, what was expected". */
typedef void policy_report(void *context, const char *message);

/* Compiles the file at `path` for that subject: rules of others are left out; for NULL, all that
 * select processes. Returns a block from mmap() of policy_size() bytes, read-only, or NULL after at
 * least one report. */
typedef const struct policy *policy_compile_fn(const char *path, const struct policy_subject *,
                                               policy_report *, void *context);
policy_compile_fn policy_compile;

/* The same, but of a file that has errors a policy is made as well, which enables nothing and says
 * what is wrong (policy->refusal): so it is known of which files that is true, and until when. */
policy_compile_fn policy_compile_any;

/* The module's one exported symbol, a policy_compile_fn: policy_compile_any(). */
#define POLICY_COMPILE_SYMBOL "tfoshim_policy_compile"

#endif
