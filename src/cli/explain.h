/* SPDX-License-Identifier: MIT */
/* The parts of `tfoshim explain`. */
#ifndef TFOSHIM_CLI_EXPLAIN_H
#define TFOSHIM_CLI_EXPLAIN_H

#include "cli/json.h"
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
    bool listener; /* not of a connect */
    const struct policy *policy;
    const struct policy_subject *subject; /* whom it is for */
    struct policy_link link;
    const struct place *place;
    const struct explain_bytes *bytes; /* NULL: it was not asked about any */
};

/* False after a complaint: they cannot be read. */
bool explain_read_bytes(struct explain_bytes *, const char *path);

/* The subject is the program with this name or file, in a unit whose name may be preceded by those
 * of its slices. Once in a process. */
void explain_as_program(struct policy_subject *, const char *name);
void explain_in_unit(struct policy_subject *, const char *unit);

/* What the policy asks where a rule names an interface: the kernel, or what --interface says
 * (false, after a complaint: that cannot be one). The descriptor is to be closed. */
struct policy_link explain_link(bool listener);
bool explain_by_interface(const char *name);

/* What would become of a connect to, or of a listener on, one address: a member of this array, or
 * printed as text (NULL). */
void explain_client(const struct explanation *, const struct endpoint *, struct json *in);
void explain_server(const struct explanation *, const struct endpoint *, struct json *in);

/* ---- parts of what is found of an address ---- */

#define EXPLAIN_CAVEATS_MOST 3

struct explain_selection {
    char interface[IF_NAMESIZE];                   /* by which it was asked for rules; "" */
    const char *caveats[EXPLAIN_CAVEATS_MOST + 1]; /* rules that could not match, NULL at the end */
};

/* Of the question that the policy was asked last. */
struct explain_selection explain_selection(const struct explanation *);
/* `how` goes before the interface: "leaves by". */
void explain_print_selection(const struct explain_selection *, const char *how);
void explain_put_selection(struct json *in, const struct explain_selection *);

/* Are the bytes safe to repeat, to a server at that port? */
struct explain_safety {
    const struct explain_bytes *bytes; /* NULL: it was not asked about any */
    bool is_safe;
    const char *opening; /* its name; NULL: they are none */
    char *text;          /* to be freed; NULL where bytes is */
};

struct explain_safety explain_safety(const struct explain_bytes *, const char *prefixes,
                                     uint16_t port);
void explain_print_safety(const struct explain_safety *);
void explain_put_safety(struct json *in, const struct explain_safety *);

/* What would happen now. */
struct explain_outcome {
    bool fastopen;
    const char *reason; /* why not, in a word for programs; NULL where it is fast */
    char *now;          /* the same for people */
    char *note;         /* what else there is to it; NULL: nothing */
    char *to_do;        /* NULL: nothing */
};

void explain_print_outcome(const struct explain_outcome *);
void explain_put_outcome(struct json *in, const struct explain_outcome *);
void explain_drop_outcome(struct explain_outcome *);

/* ---- how it is said ---- */

/* The line before those of an address. */
void explain_print_heading(const struct endpoint *);
/* "  now     ...". */
void explain_line(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "net.ipv4.tcp_fastopen is 3: client (1), server (2)". To be freed. */
char *explain_sysctl(long fastopen);

/* Who decided: "by the rule at /etc/tfoshim.conf:12". To be freed. `group` is "client" or "server".
 */
char *explain_decider(const struct policy *, const char *file, uint32_t line, const char *group);
void explain_put_decider(struct json *in, const struct policy *, const char *file, uint32_t line);

/* What to do about a policy that is off: what to write, and where. To be freed. */
char *explain_how_to_enable(const struct explanation *, const char *file, uint32_t line,
                            const char *group);

void explain_put_endpoint(struct json *in, const struct endpoint *);

#endif
