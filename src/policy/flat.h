/* SPDX-License-Identifier: MIT */
/*
 * The compiled policy: one read-only block of memory with offsets from its beginning instead of
 * pointers, so that it can be mapped anywhere and outlive the module that made it. It is made and
 * read on the same machine by the same version, so it is in the machine's own byte order.
 *
 * A look-up does not walk the rules. Each address prefix and each host pattern that occurs in any
 * rule has its own sorted list of disjoint port segments, and a segment names the first rule that
 * covers it; the compiler has resolved all overlaps. The verdict is the lowest rule over every
 * prefix that covers the address and every host pattern of the name it was learned under; the
 * strictest, where it was learned under several. Rules that are for an interface alone have lists
 * of their own, which count where that interface is the one.
 */
#ifndef TFOSHIM_POLICY_FLAT_H
#define TFOSHIM_POLICY_FLAT_H

#include "contract.h"
#include "kernel/address.h"
#include "policy/policy.h"

#define POLICY_MAGIC 0x74666f70u
/* A key more is another version by itself: it may take a byte of a rule that was padding. */
#define SETTING(name, sides, type, field, ...) POLICY_SETTING_##field,
enum {
#include "policy/keys.def"
    POLICY_SETTINGS
};
#define POLICY_VERSION                                                                             \
    (10u << 24 | (unsigned)POLICY_SETTINGS << 16 | (unsigned)sizeof(struct policy_rule))

#define POLICY_NO_RULE UINT32_MAX
#define POLICY_NO_PATTERNS 1u

struct policy_rule {
    uint32_t file; /* offset of the name of the file that holds the rule, 0: none */
    uint32_t line;
    uint32_t queue;
    uint32_t key_file; /* offset of a name, 0: none */
    uint32_t
        prefixes; /* offset of the first of several strings, an empty one at the end; 0: none */
    uint8_t fastopen;
    uint8_t names_loopback;
/* Of a server's rule, first_write is first_read. */
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...) type field;
#include "policy/keys.def"
};

/* Ports lo to hi, both included. */
struct policy_segment {
    uint16_t lo;
    uint16_t hi;
    uint32_t rule;
};

/* An array in the block: the offset of its first element and how many there are. */
struct policy_array {
    uint32_t offset;
    uint32_t count;
};

/* "*" is for every address; "::/0" is for IPv6 alone, as 0.0.0.0/0 is for IPv4 alone. */
enum policy_family { FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6 };

/* The address as two numbers in host order: two comparisons instead of sixteen. */
struct policy_prefix {
    uint64_t high;
    uint64_t low;
    struct policy_array segments;
};

/* All prefixes of one family and one length (in bits of the IPv4-mapped form), sorted. Those for
 * any interface come first. */
struct policy_prefix_set {
    uint32_t interface; /* offset of the pattern that it has to match, 0: any */
    uint32_t family;
    uint32_t length;
    struct policy_array prefixes;
};

/* A host pattern in lower case: "name" itself, or ".name" for "*.name". The index of the first of
 * those that have it is its id. */
struct policy_host {
    uint32_t pattern;
    uint32_t interface; /* as of a set */
    struct policy_array segments;
};

/* stamp.h says what for. No padding: stamps are compared as bytes. */
struct policy_stamp {
    uint64_t device;
    uint64_t inode;
    uint64_t size;
    uint64_t modified; /* in nanoseconds, as the next */
    uint64_t changed;
    uint32_t owner;
    uint32_t mode;
};

/* A file, or directory, that the policy was made of: under this name, as it was before it was read.
 */
struct policy_source {
    struct policy_stamp stamp;
    uint32_t path;
};

/* In the mode of a stamp: of what was there and could not be opened. */
#define POLICY_STAMP_UNREADABLE 0x80000000u

/* A pattern of some rule that selects by it, and whether it matched who the policy is for. Nobody
 * else differs, to the policy, from whom the same ones match. */
struct policy_selector {
    uint32_t pattern;
    uint8_t selector; /* enum selector */
    uint8_t holds;
};

struct policy_group {
    struct policy_rule fallback; /* the group's default */
    struct policy_array rules;
    struct policy_array sets;
};

struct policy {
    uint32_t magic;
    uint32_t version;
    uint32_t size;
    uint32_t path; /* offset of the configuration file's name, 0: the built-in policy */
    uint32_t log_level;
    uint32_t log_to;
    struct policy_group client;
    struct policy_group server;
    struct policy_array hosts; /* of client rules, sorted by pattern */
    uint32_t first_host_rule;  /* the first client rule that has one, or POLICY_NO_RULE */
    /* The file that was named, those that it includes and the directories that were looked into,
     * or for. */
    struct policy_array sources;
    struct policy_array selectors; /* each once; none: it is everybody's */
    uint32_t unsettled;            /* a source may have changed without its stamp: not to be kept */
    uint32_t refusal; /* offset of what is wrong with the files, 0: nothing. It enables nothing. */
    uint32_t
        pattern_set;  /* a number of the host patterns: where it is the same, so are their ids */
    uint32_t written; /* a number of the files' texts, for people to compare; 0: built in */
};

/* What lies at an offset. */
static inline const void *policy_at(const struct policy *policy, uint32_t offset)
{
    return (const char *)policy + offset;
}

/* The number that half of an address is, as prefixes have it. */
static inline uint64_t policy_half(const uint8_t bytes[8])
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

static inline enum policy_family policy_family(const uint8_t address[16])
{
    return address_is_ipv4(address) ? FAMILY_IPV4 : FAMILY_IPV6;
}

/* The same as policy_is_usable() of what lies in `size` bytes that only this user can have written,
 * from a whole policy, but without a walk of its rules: its head, and its sources, of which there
 * are some. */
bool policy_head_is_usable(const struct policy *, size_t size) NONNULL;

/* One look-up. */
struct policy_look {
    const struct endpoint *endpoint;
    const struct policy_link *link; /* NULL: the interface cannot be known */
    unsigned steps;                 /* comparisons made, which the tests bound */
    bool asked;                     /* for the interface; then the next two are set */
    enum interface found;
    char interface[IF_NAMESIZE];
};

/* The index of the first rule of `group` that has the address, or POLICY_NO_RULE. */
uint32_t policy_match(const struct policy *, const struct policy_group *,
                      struct policy_look *) NONNULL;

/* The same of the first client rule before `best` that has a name, of which the host pattern `id`
 * says most; `best`, if there is none. */
uint32_t policy_match_name(const struct policy *, uint32_t id, uint32_t best,
                           struct policy_look *) NONNULL;

/* The id of a host pattern (as in struct policy_host), or POLICY_NO_RULE. */
uint32_t policy_host_id(const struct policy *, const char *pattern) NONNULL;

#endif
