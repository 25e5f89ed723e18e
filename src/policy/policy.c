/* SPDX-License-Identifier: MIT */
#include "policy/flat.h"

/* The policy that serves when there is no file: nobody has vouched for any destination, so only
 * bytes that are safe to deliver twice go into a SYN. */
static const struct {
    struct policy policy;
    char log_to[8];
} builtin = {
    .policy =
        {
            .magic = POLICY_MAGIC,
            .version = POLICY_VERSION,
            .size = sizeof builtin,
            .log_level = LOG_WARN,
            .log_to = sizeof(struct policy),
            .client.fallback =
                {
                    .fastopen = true,
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    .field = (initial),
#include "policy/keys.def"
                },
            .server.fallback =
                {
                    .fastopen = true,
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    .field = (initial),
#include "policy/keys.def"
                },
            .first_host_rule = POLICY_NO_RULE,
            .pattern_set = POLICY_NO_PATTERNS,
        },
    .log_to = "stderr",
};

const struct policy *const policy_builtin = &builtin.policy;

enum log_level policy_log_level(const struct policy *policy)
{
    return policy->log_level;
}

const char *policy_log_to(const struct policy *policy)
{
    return policy_at(policy, policy->log_to);
}

const char *policy_path(const struct policy *policy)
{
    return policy->path == 0 ? NULL : policy_at(policy, policy->path);
}

size_t policy_size(const struct policy *policy)
{
    return policy->size;
}
