/* SPDX-License-Identifier: MIT */
/*
 * Set-associative tables of (address, number) pairs, where the number is a host pattern's. A writer
 * that finds an entry in use takes the next one, a reader that finds it changed takes it for no
 * match (slot/slot.h). An entry whose writer was killed by fork() stays claimed in the child: one
 * entry fewer, no harm.
 */
#include "policy/names.h"
#include "policy/flat.h"
#include "slot/slot.h"

#include <stdatomic.h>
#include <string.h>

#define NAME_LONGEST 253 /* RFC 1035, without the root's dot */
#define SETS 128
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

static struct set names[SETS], siblings[SETS];
#define SIBLING 0 /* the number of each of them */

static struct pair pair_of(const uint8_t address[16], uint32_t number)
{
    struct pair pair = {.number = number};

    memcpy(pair.address, address, sizeof(pair.address));
    return pair;
}

static unsigned set_of(const struct pair *pair)
{
    uint32_t hash = 0;

    /* Addresses differ in their last bytes, which are a word's highest bits on most machines: they
     * have to be brought down before a product can spread them. */
    for (int i = 0; i < 4; i++) {
        hash ^= (uint32_t)(pair->address[i / 2] >> (i % 2 * 32));
        hash = (hash ^ hash >> 16) * UINT32_C(0x7feb352d);
        hash = (hash ^ hash >> 15) * UINT32_C(0x846ca68b);
    }
    return (hash ^ hash >> 16) % SETS;
}

static bool entry_read(const struct entry *entry, struct pair *pair)
{
    uint64_t tag, words[PAIR_WORDS];

    if (!slot_copy(&entry->tag, entry->words, PAIR_WORDS, &tag, words) ||
        (tag & SLOT_OWN_BITS) != PUBLISHED)
        return false;
    memcpy(pair, words, sizeof(*pair));
    return true;
}

/* Is the entry about this address? Then its number. */
static bool entry_holds(const struct entry *entry, const struct pair *wanted, uint32_t *number)
{
    struct pair pair;

    if (!entry_read(entry, &pair) || pair.address[0] != wanted->address[0] ||
        pair.address[1] != wanted->address[1])
        return false;
    *number = (uint32_t)pair.number;
    return true;
}

static bool entry_write(struct entry *entry, const struct pair *pair)
{
    uint64_t tag = atomic_load_explicit(&entry->tag, memory_order_relaxed), words[PAIR_WORDS];

    if ((tag & SLOT_OWN_BITS) == CLAIMED || !slot_claim(&entry->tag, tag, CLAIMED))
        return false;
    memcpy(words, pair, sizeof(words));
    slot_write(entry->words, PAIR_WORDS, words);
    slot_publish(&entry->tag, PUBLISHED);
    return true;
}

static void remember(struct set table[SETS], const struct pair *pair)
{
    struct set *set = &table[set_of(pair)];
    uint32_t known;

    for (unsigned way = 0; way < WAYS; way++)
        if (entry_holds(&set->ways[way], pair, &known) && known == pair->number)
            return;
    for (unsigned attempt = 0; attempt < WAYS; attempt++) {
        unsigned way = atomic_fetch_add_explicit(&set->next, 1, memory_order_relaxed) % WAYS;

        if (entry_write(&set->ways[way], pair))
            return;
    }
}

/* Lower case, without the root's dot; false for what is no host name. Not tolower(): a host name
 * does not depend on the locale. */
static bool normalize(char normal[NAME_LONGEST + 1], const char *name)
{
    size_t length = strnlen(name, NAME_LONGEST + 2);

    if (length > 0 && name[length - 1] == '.')
        length--;
    if (length == 0 || length > NAME_LONGEST || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        normal[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    normal[length] = '\0';
    return true;
}

void names_learn(const struct policy *policy, const char *name, const struct endpoint *address)
{
    char normal[NAME_LONGEST + 1];

    if (policy->hosts.count == 0 || name == NULL || !normalize(normal, name))
        return;
    /* "www.example.com", then ".example.com" and ".com": what the wild-card patterns look like. */
    for (const char *part = normal; part != NULL; part = strchr(part + 1, '.')) {
        uint32_t id = policy_host_id(policy, part);
        struct pair pair = pair_of(address->address, id);

        if (id != POLICY_NO_RULE)
            remember(names, &pair);
    }
}

size_t names_lookup(const uint8_t address[16], uint32_t ids[], size_t most)
{
    struct pair wanted = pair_of(address, 0);
    const struct set *set = &names[set_of(&wanted)];
    size_t found = 0;

    for (unsigned way = 0; way < WAYS && found < most; way++)
        if (entry_holds(&set->ways[way], &wanted, &ids[found]))
            found++;
    return found;
}

/* ---- siblings ---- */

static bool same_address(const struct endpoint *one, const struct endpoint *other)
{
    return memcmp(one->address, other->address, sizeof(one->address)) == 0;
}

void names_learn_siblings(const struct endpoint *one, const struct endpoint *other)
{
    struct pair pairs[2] = {pair_of(one->address, SIBLING), pair_of(other->address, SIBLING)};

    if (same_address(one, other))
        return;
    remember(siblings, &pairs[0]);
    remember(siblings, &pairs[1]);
}

bool names_has_siblings(const uint8_t address[16])
{
    struct pair wanted = pair_of(address, SIBLING);
    const struct set *set = &siblings[set_of(&wanted)];
    uint32_t number;

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

    entry_write(&failed, &pair);
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
    memcpy(last.address, pair.address, sizeof(last.address));
    names_learn_siblings(&last, endpoint);
}
