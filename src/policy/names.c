/* SPDX-License-Identifier: MIT */
/*
 * A set-associative table of (address, host pattern) pairs. Each entry is guarded by a sequence
 * number that is odd while the entry is being written; nobody ever waits: a writer that finds an
 * entry in use takes the next one, a reader that finds it changed takes it for no match. An entry
 * whose writer was killed by fork() stays odd in the child: one entry fewer, no harm.
 */
#include "policy/names.h"
#include "policy/flat.h"

#include <stdatomic.h>
#include <string.h>

#define NAME_LONGEST 253 /* RFC 1035, without the root's dot */
#define SETS 128
#define WAYS NAMES_PER_ADDRESS

/* 32-bit words alone: lock-free on every machine, with no help from libatomic. */
struct entry {
    atomic_uint sequence; /* 0: never used */
    atomic_uint address[4];
    atomic_uint id;
};

static struct {
    atomic_uint next; /* the way that is overwritten next */
    struct entry ways[WAYS];
} table[SETS];

struct address_words {
    uint32_t word[4];
};

static struct address_words words_of(const uint8_t address[16])
{
    struct address_words words;

    memcpy(&words, address, sizeof(words));
    return words;
}

static unsigned set_of(const struct address_words *words)
{
    uint32_t hash = 0;

    /* Addresses differ in their last bytes, which are a word's highest bits on most machines: they
     * have to be brought down before a product can spread them. */
    for (int i = 0; i < 4; i++) {
        hash ^= words->word[i];
        hash = (hash ^ hash >> 16) * UINT32_C(0x7feb352d);
        hash = (hash ^ hash >> 15) * UINT32_C(0x846ca68b);
    }
    return (hash ^ hash >> 16) % SETS;
}

/* Acquire on every word keeps the second look at the sequence after them; a fence would do the
 * same, but ThreadSanitizer does not understand fences. */
static bool entry_holds(struct entry *entry, const struct address_words *words, uint32_t *id)
{
    unsigned sequence = atomic_load_explicit(&entry->sequence, memory_order_acquire);

    if (sequence == 0 || sequence % 2 == 1)
        return false;
    for (int i = 0; i < 4; i++)
        if (atomic_load_explicit(&entry->address[i], memory_order_acquire) != words->word[i])
            return false;
    *id = atomic_load_explicit(&entry->id, memory_order_acquire);
    return atomic_load_explicit(&entry->sequence, memory_order_relaxed) == sequence;
}

/* Release on every word keeps it after the odd sequence: whoever sees a new word sees that too. */
static bool entry_write(struct entry *entry, const struct address_words *words, uint32_t id)
{
    unsigned sequence = atomic_load_explicit(&entry->sequence, memory_order_relaxed);

    if (sequence % 2 == 1 ||
        !atomic_compare_exchange_strong_explicit(&entry->sequence, &sequence, sequence + 1,
                                                 memory_order_acquire, memory_order_relaxed))
        return false;
    for (int i = 0; i < 4; i++)
        atomic_store_explicit(&entry->address[i], words->word[i], memory_order_release);
    atomic_store_explicit(&entry->id, id, memory_order_release);
    /* 0 means never used: skip it when the number wraps. */
    sequence = sequence + 2 == 0 ? 2 : sequence + 2;
    atomic_store_explicit(&entry->sequence, sequence, memory_order_release);
    return true;
}

static void remember(const struct address_words *words, uint32_t id)
{
    unsigned set = set_of(words);
    uint32_t known;

    for (unsigned way = 0; way < WAYS; way++)
        if (entry_holds(&table[set].ways[way], words, &known) && known == id)
            return;
    for (unsigned attempt = 0; attempt < WAYS; attempt++) {
        unsigned way = atomic_fetch_add_explicit(&table[set].next, 1, memory_order_relaxed) % WAYS;

        if (entry_write(&table[set].ways[way], words, id))
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
    struct address_words words;

    if (policy->hosts.count == 0 || name == NULL || !normalize(normal, name))
        return;
    words = words_of(address->address);
    /* "www.example.com", then ".example.com" and ".com": what the wild-card patterns look like. */
    for (const char *part = normal; part != NULL; part = strchr(part + 1, '.')) {
        uint32_t id = policy_host_id(policy, part);

        if (id != POLICY_NO_RULE)
            remember(&words, id);
    }
}

size_t names_lookup(const uint8_t address[16], uint32_t ids[], size_t most)
{
    struct address_words words = words_of(address);
    unsigned set = set_of(&words);
    size_t found = 0;

    for (unsigned way = 0; way < WAYS && found < most; way++)
        if (entry_holds(&table[set].ways[way], &words, &ids[found]))
            found++;
    return found;
}
