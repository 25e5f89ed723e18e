/* SPDX-License-Identifier: MIT */
/* The parts of `tfoshim explain`. */
#ifndef TFOSHIM_CLI_EXPLAIN_H
#define TFOSHIM_CLI_EXPLAIN_H

#include "cli/place.h"
#include "policy/openings/openings.h"
#include "policy/subject.h"

/* A first write, as a file has it. */
struct explain_bytes {
    const char *path;
    size_t total;
    size_t shown;
    uint8_t look[OPENING_LOOK];
};

struct explanation {
    const struct policy *policy;
    const struct policy_subject *subject; /* whom it is for */
    struct policy_link link;
    const struct place *place;
    const struct explain_bytes *bytes; /* NULL: it was not asked about any */
};

/* False after a complaint: they cannot be read. */
bool explain_read_bytes(struct explain_bytes *, const char *path);

/* Are they safe to repeat, to a server at that port, and why? NULL: prints nothing. */
void explain_bytes(const struct explain_bytes *, const char *prefixes, uint16_t port);

/* The subject is the program with this name or file, in a unit whose name may be preceded by those
 * of its slices. Once in a process. */
void explain_as_program(struct policy_subject *, const char *name);
void explain_in_unit(struct policy_subject *, const char *unit);

/* Says which rules cannot match because an option is not given. */
void explain_unsaid(const struct explanation *);

/* What the policy asks where a rule names an interface: the kernel, or what --interface says
 * (false, after a complaint: that cannot be one). The descriptor is to be closed. */
struct policy_link explain_link(bool listener);
bool explain_by_interface(const char *name);
/* Says what it was answered, if it has asked: "leaves by eth0", or what there being none means. */
void explain_interface(const char *how, const char *none);

/* What would become of a connect to, or of a listener on, one address. */
void explain_client(const struct explanation *, const struct endpoint *);
void explain_server(const struct explanation *, const struct endpoint *);

/* A line of the explanation: "  now     ...". */
void explain_line(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Who decided: "by the rule at /etc/tfoshim.conf:12". To be freed. `group` is "client" or "server".
 */
char *explain_decider(const struct policy *, const char *file, uint32_t line, const char *group);

/* What to do about a policy that is off: what to write, and where. */
void explain_how_to_enable(const struct explanation *, const char *file, uint32_t line,
                           const char *group);

#endif
