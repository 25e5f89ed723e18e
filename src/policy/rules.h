/* SPDX-License-Identifier: MIT */
/* A configuration file as it was understood: the stage between its text and the flat policy. */
#ifndef TFOSHIM_POLICY_RULES_H
#define TFOSHIM_POLICY_RULES_H

#include "contract.h"
#include "policy/arena.h"
#include "policy/compile.h"
#include "policy/flat.h"
#include "policy/subject.h"
#include "policy/tree.h"

#define PORT_HIGHEST 65535

struct address_pattern {
    const char *text; /* as written */
    uint8_t address[16];
    uint8_t length; /* in bits of the IPv4-mapped form */
    enum policy_family family;
};

struct host_pattern {
    const char *text;    /* as written */
    const char *pattern; /* as in struct policy_host */
};

struct port_range {
    uint16_t lo;
    uint16_t hi;
};

struct selected {
    const char *text;    /* as written */
    const char *pattern; /* for subject_matches(): of a user the number */
};

struct selection {
    struct selected *any; /* none: all */
    size_t count;
};

/* In a rule that does not say: as its group does. */
#define AS_THE_GROUP (-1)

/* Those that a group has for all of its rules, and a rule for itself. */
struct settings {
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...) int field;
#include "policy/keys.def"
};

extern const struct settings settings_initial, settings_of_group; /* AS_THE_GROUP all of them */

struct rule {
    const char *file;
    uint32_t line;
    struct address_pattern *addresses;
    size_t address_count;
    struct host_pattern *hosts;
    size_t host_count;
    struct port_range *ports; /* none: every port */
    size_t port_count;
    struct selection select[SELECTORS];
    bool fastopen;
    struct settings set;
    uint32_t queue;
    const char *key_file; /* NULL: as its group does */
    const char **prefixes;
    size_t prefix_count;
};

/* The ports of a rule: every one, if it names none. */
static inline const struct port_range *rule_ports(const struct rule *rule, size_t *count)
{
    static const struct port_range every = {.lo = 0, .hi = PORT_HIGHEST};
    *count = rule->port_count == 0 ? 1 : rule->port_count;
    return rule->port_count == 0 ? &every : rule->ports;
}

enum side { SIDE_CLIENT = 1, SIDE_SERVER = 2 };

struct rule_group {
    enum side side;
    bool fastopen; /* what serves where no rule matches */
    struct settings set;
    const char *key_file; /* NULL: none */
    struct rule *rules;
    size_t rule_count;
};

/* A file that was read. */
struct rule_source {
    const char *path;
    struct policy_stamp stamp;
    bool is_of_users; /* rules name some of them, and it says their numbers; it has no rules */
};

struct rule_file {
    struct arena arena; /* holds all of it */
    const char *path;
    struct rule_source *sources;
    size_t source_count;
    bool unsettled; /* one of them may have changed meanwhile, and its stamp not tell */
    bool exhausted; /* there was no memory for it */
    unsigned errors;
    uint32_t written; /* a number of all texts */
    struct rule_group client;
    struct rule_group server;
    enum log_level log_level;
    const char *log_to;
};

/* NULL after at least one report. `tree` is the system that the file, and what it includes, are of;
 * NULL is this one. */
struct rule_file *rules_read(const char *path, const struct tree *tree, policy_report *,
                             void *context);
/* The same, but what has errors is returned as well: its sources count, and nothing else. NULL
 * where there is no memory for it. */
struct rule_file *rules_read_erroneous(const char *path, policy_report *, void *context);
/* The same as rules_read() of what is open already, which errors call `name`. It is left open. */
struct rule_file *rules_read_open(int fd, const char *name, policy_report *, void *context);
void rules_free(struct rule_file *) NONNULL;

/* Has it a default, or a rule, that is on? */
bool rules_enable(const struct rule_group *) NONNULL;

/* The flat policy for one process; the arguments and the result are those of policy_compile(). */
const struct policy *rules_build(const struct rule_file *, const struct policy_subject *,
                                 policy_report *, void *context);

/* One that enables nothing, and says what is wrong with the file. */
const struct policy *rules_build_refusal(const struct rule_file *, const char *refusal) NONNULL;

extern const char *const log_level_names[];
#define LOG_LEVEL_COUNT (LOG_DEBUG + 1)

#endif
