/* SPDX-License-Identifier: MIT */
/*
 * Set-associative tables of (address, number) pairs, where the number is a host pattern's, and that
 * of the set of patterns which it is of: policies that have the same patterns know the same names.
 * A writer that finds an entry in use takes the next one, a reader that finds it changed takes it
 * for no match (slot/slot.h). An entry whose writer was killed by fork() stays claimed in the
 * child: one entry fewer, no harm.
 *
 * A pair of a name that has to go is put into a filter first, and the filter is looked at after the
 * table: whoever misses the one sees the other.
 *
 * Where a policy comes that has other patterns, what was looked up before may match any of them. So
 * such an address is taken for forgotten until the program looks it up again. Addresses of names
 * without a pattern are in a filter for each of the two sets that were last in force; what was
 * known of older ones comes together in a third.
 */
#include "policy/names.h"
#include "policy/filter.h"
#include "policy/flat.h"
#include "policy/idn.h"
#include "slot/slot.h"

#include <stdatomic.h>
#include <string.h>

#define NAME_LONGEST 253 /* RFC 1035, without the root's dot */
#define NAME_SETS 512
#define SIBLING_SETS 128
#define WAYS NAMES_PER_ADDRESS

/* The owner's bits of a tag; 0: never used. */
#define CLAIMED UINT64_C(1)
#define PUBLISHED UINT64_C(2)

struct pair {
    uint64_t address[2];
    uint64_t number;
};
#define PAIR_WORDS 3
_Static_assert(sizeof(struct pair) == PAIR_WORDS * sizeof(uint64_t), "a pair is words alone");

struct entry {
    _Atomic uint64_t tag;
    _Atomic uint64_t words[PAIR_WORDS];
};

struct set {
    atomic_uint next; /* the way that is overwritten next */
    struct entry ways[WAYS];
};

static struct set names[NAME_SETS], siblings[SIBLING_SETS];
#define SIBLING 0 /* the number of each of them */

/* Addresses of pairs that the table has no room for; and those of names without a pattern. */
static struct filter forgotten;
static struct {
    _Atomic uint32_t pattern_set; /* 0: not in use */
    struct filter addresses;
} others[2];
static struct filter long_ago;
static atomic_uint in_force; /* of `others` */

static uint64_t number_of(const struct policy *policy, uint32_t id)
{
    return (uint64_t)policy->pattern_set << 32 | id;
}

static bool is_of(const struct policy *policy, uint64_t number)
{
    return number >> 32 == policy->pattern_set;
}

/* NULL: its patterns are long out of force. */
static struct filter *others_of(const struct policy *policy)
{
    for (unsigned i = 0; i < 2; i++)
        if (atomic_load(&others[i].pattern_set) == policy->pattern_set)
            return &others[i].addresses;
    return NULL;
}

void names_follow(const struct policy *policy)
{
    unsigned now = atomic_load(&in_force), other = 1 - now;
    if (atomic_load(&others[now].pattern_set) == policy->pattern_set)
        return;
    if (atomic_load(&others[now].pattern_set) == 0)
        other = now;
    if (atomic_load(&others[other].pattern_set) != policy->pattern_set) {
        if (atomic_load(&others[other].pattern_set) != 0)
            filter_move(&long_ago, &others[other].addresses);
        atomic_store(&others[other].pattern_set, policy->pattern_set);
    }
    atomic_store(&in_force, other);
}

static struct pair pair_of(const uint8_t address[16], uint64_t number)
{
    struct pair pair = {.number = number};
    memcpy(pair.address, address, sizeof pair.address);
    return pair;
}

static unsigned hash_of(const struct pair *pair)
{
    uint32_t hash = 0;
    /* Addresses differ in their last bytes, which are a word's highest bits on most machines: they
     * have to be brought down before a product can spread them. */
    for (int i = 0; i < 4; i++) {
        hash ^= (uint32_t)(pair->address[i / 2] >> (i % 2 * 32));
        hash = (hash ^ hash >> 16) * UINT32_C(0x7feb352d);
        hash = (hash ^ hash >> 15) * UINT32_C(0x846ca68b);
    }
    return hash ^ hash >> 16;
}

static bool entry_read(const struct entry *entry, struct pair *pair)
{
    uint64_t tag, words[PAIR_WORDS];
    if (!slot_copy(&entry->tag, entry->words, PAIR_WORDS, &tag, words) ||
        (tag & SLOT_OWN_BITS) != PUBLISHED)
        return false;
    memcpy(pair, words, sizeof *pair);
    return true;
}

/* Is the entry about this address? Then its number. */
static bool entry_holds(const struct entry *entry, const struct pair *wanted, uint64_t *number)
{
    struct pair pair;
    if (!entry_read(entry, &pair) || pair.address[0] != wanted->address[0] ||
        pair.address[1] != wanted->address[1])
        return false;
    *number = pair.number;
    return true;
}

/* What the entry held is put into `lost` first, unless that is NULL. */
static bool entry_write(struct entry *entry, const struct pair *pair, struct filter *lost)
{
    uint64_t tag, words[PAIR_WORDS];
    if (!slot_copy(&entry->tag, entry->words, PAIR_WORDS, &tag, words) ||
        (tag & SLOT_OWN_BITS) == CLAIMED)
        return false;
    if (lost != NULL && (tag & SLOT_OWN_BITS) == PUBLISHED)
        filter_add(lost, words);
    if (!slot_claim(&entry->tag, tag, CLAIMED))
        return false;
    memcpy(words, pair, sizeof words);
    slot_write(entry->words, PAIR_WORDS, words);
    slot_publish(&entry->tag, PUBLISHED);
    return true;
}

/* False if every way was in use. */
static bool remember(struct set *set, const struct pair *pair, struct filter *lost)
{
    uint64_t known;
    for (unsigned way = 0; way < WAYS; way++)
        if (entry_holds(&set->ways[way], pair, &known) && known == pair->number)
            return true;
    for (unsigned attempt = 0; attempt < WAYS; attempt++) {
        unsigned way = atomic_fetch_add_explicit(&set->next, 1, memory_order_relaxed) % WAYS;
        if (entry_write(&set->ways[way], pair, lost))
            return true;
    }
    return false;
}

/* Lower case, without the root's dot, and in ASCII as a name server is asked for it; false for what
 * is no host name. Not tolower(): a host name does not depend on the locale. What cannot be encoded
 * stays as it is, and matches no pattern. */
static bool normalize(char normal[NAME_LONGEST + 1], const char *name)
{
    char ascii[NAME_LONGEST + 2];
    size_t length;
    if (idn_is_wide(name) && idn_encode(ascii, sizeof ascii, name))
        name = ascii;
    length = strnlen(name, NAME_LONGEST + 2);
    if (length > 0 && name[length - 1] == '.')
        length--;
    if (length == 0 || length > NAME_LONGEST || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        normal[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    normal[length] = '\0';
    return true;
}

/* "192.0.2.1", "0x7f000001", "2001:db8::1": programs look up again what they have from a name, and
 * no name's last label is a number (RFC 1123, 2.1). */
static bool is_written_in_digits(const char *normal)
{
    const char *dot = strrchr(normal, '.'), *label = dot != NULL ? dot + 1 : normal;
    return strchr(normal, ':') != NULL || strncmp(label, "0x", 2) == 0 ||
           label[strspn(label, "0123456789")] == '\0';
}

/* The pattern that says most of the name: "www.example.com", or else ".example.com", or ".com".
 * Which others match it follows from that one. */
static uint32_t nearest_pattern(const struct policy *policy, const char *normal)
{
    uint32_t id = POLICY_NO_RULE;
    for (const char *part = normal; part != NULL && id == POLICY_NO_RULE;
         part = strchr(part + 1, '.'))
        id = policy_host_id(policy, part);
    return id;
}

void names_learn(const struct policy *policy, const char *name, const struct endpoint *address)
{
    char normal[NAME_LONGEST + 1];
    struct pair pair = pair_of(address->address, 0);
    uint32_t id;
    if (name == NULL || !normalize(normal, name))
        return;
    id = nearest_pattern(policy, normal);
    pair.number = number_of(policy, id);
    if (id != POLICY_NO_RULE) {
        if (!remember(&names[hash_of(&pair) % NAME_SETS], &pair, &forgotten))
            filter_add(&forgotten, pair.address);
    } else if (!is_written_in_digits(normal)) {
        struct filter *filter = others_of(policy);
        filter_add(filter != NULL ? filter : &long_ago, pair.address);
    }
}

/* Was it looked up while other patterns were in force? */
static bool is_from_before(const struct policy *policy, const uint64_t address[2])
{
    for (unsigned i = 0; i < 2; i++)
        if (atomic_load(&others[i].pattern_set) != policy->pattern_set &&
            filter_may_hold(&others[i].addresses, address))
            return true;
    return filter_may_hold(&long_ago, address);
}

void names_look_up(const struct policy *policy, const uint8_t address[16],
                   struct names_of_address *found)
{
    struct pair wanted = pair_of(address, 0);
    const struct set *set = &names[hash_of(&wanted) % NAME_SETS];
    const struct filter *filter = others_of(policy);
    bool stale = is_from_before(policy, wanted.address);
    uint64_t number;
    found->count = 0;
    for (unsigned way = 0; way < WAYS; way++)
        if (entry_holds(&set->ways[way], &wanted, &number)) {
            stale |= !is_of(policy, number);
            if (is_of(policy, number))
                found->ids[found->count++] = (uint32_t)number;
        }
    found->others = filter != NULL && filter_may_hold(filter, wanted.address);
    found->forgotten = filter_may_hold(&forgotten, wanted.address) ||
                       (stale && found->count == 0 && !found->others);
}

/* ---- siblings ---- */

static bool same_address(const struct endpoint *one, const struct endpoint *other)
{
    return memcmp(one->address, other->address, sizeof one->address) == 0;
}

void names_learn_siblings(const struct endpoint *one, const struct endpoint *other)
{
    struct pair pairs[2] = {pair_of(one->address, SIBLING), pair_of(other->address, SIBLING)};
    if (same_address(one, other))
        return;
    for (unsigned i = 0; i < 2; i++)
        (void)remember(&siblings[hash_of(&pairs[i]) % SIBLING_SETS], &pairs[i], NULL);
}

bool names_has_siblings(const uint8_t address[16])
{
    struct pair wanted = pair_of(address, SIBLING);
    const struct set *set = &siblings[hash_of(&wanted) % SIBLING_SETS];
    uint64_t number;
    for (unsigned way = 0; way < WAYS; way++)
        if (entry_holds(&set->ways[way], &wanted, &number))
            return true;
    return false;
}

/* Where the last connect failed, its port as the number, until another is tried. */
static struct entry failed;

void names_learn_failure(const struct endpoint *endpoint)
{
    struct pair pair = pair_of(endpoint->address, endpoint->port);
    entry_write(&failed, &pair, NULL);
}

void names_learn_attempt(const struct endpoint *endpoint)
{
    struct endpoint last;
    struct pair pair;
    uint64_t tag = atomic_load_explicit(&failed.tag, memory_order_relaxed);
    if ((tag & SLOT_OWN_BITS) != PUBLISHED || !entry_read(&failed, &pair) ||
        pair.number != endpoint->port || !slot_claim(&failed.tag, tag, 0))
        return;
    last.port = endpoint->port;
    memcpy(last.address, pair.address, sizeof last.address);
    names_learn_siblings(&last, endpoint);
}
