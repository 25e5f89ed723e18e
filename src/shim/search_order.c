/* SPDX-License-Identifier: MIT */
#include "shim/search_order.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

/* In <elf.h> of the C library since its version 2.38 only, and elsewhere. */
#define VERSION_HIDDEN 0x8000u
#define VERSION_LOCAL 0u
#define VERSION_FIRST_NAMED 2u

#define BITS (8 * sizeof(ElfW(Addr)))

extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

/* What a debugger looks for in the program: the dynamic linker's account of what is loaded. */
static const struct r_debug *account(void)
{
    const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR), *dynamic = NULL; // NOLINT
    const ElfW(Phdr) *own = NULL;
    unsigned long count = headers ? getauxval(AT_PHNUM) : 0;
    for (unsigned long i = 0; i < count; i++)
        if (headers[i].p_type == PT_PHDR)
            own = &headers[i];
        else if (headers[i].p_type == PT_DYNAMIC)
            dynamic = &headers[i];
    if (!dynamic || !own)
        return NULL;
    ElfW(Addr) base = (ElfW(Addr))headers - own->p_vaddr;
    const ElfW(Dyn) *entry = (const void *)(base + dynamic->p_vaddr); // NOLINT
    while (entry->d_tag != DT_NULL && entry->d_tag != DT_DEBUG)
        entry++;
    return (const void *)entry->d_un.d_ptr; // NOLINT
}

/* Its list is in the search order, as far as it was loaded at start-up. */
static const struct link_map *own_map(void)
{
    const struct r_debug *loaded = account();
    const struct link_map *map = loaded ? loaded->r_map : NULL;
    while (map && map->l_ld != _DYNAMIC)
        map = map->l_next;
    return map;
}

const char *search_order_own_name(void)
{
    const struct link_map *own = own_map();
    Dl_info info;
    if (own)
        return own->l_name;
    return dladdr(_DYNAMIC, &info) ? info.dli_fname : NULL; /* in a namespace of its own */
}

/* The dynamic linker writes addresses into most objects' tables, but not into those that it may not
 * write to. */
static const void *address_in(const struct link_map *map, const ElfW(Dyn) * entry)
{
    ElfW(Addr) value = entry->d_un.d_ptr;
    return (const void *)(value < map->l_addr ? value + map->l_addr : value); // NOLINT
}

static void read_hash_table(struct search_object *object, const uint32_t *table)
{
    uint32_t first_symbol = table[1], filter_words = table[2];
    object->bucket_count = table[0];
    object->filter_mask = filter_words - 1; /* a power of two */
    object->filter_shift = table[3];
    object->filter = (const ElfW(Addr) *)(const void *)(table + 4);
    object->buckets = (const uint32_t *)(object->filter + filter_words);
    object->chains = object->buckets + object->bucket_count - first_symbol;
}

/* False: it has no such table as has been usual since 2006. */
static bool read_object(struct search_object *object, const struct link_map *map)
{
    const uint32_t *table = NULL;
    *object = (struct search_object){.map = map};
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_GNU_HASH)
            table = address_in(map, entry);
        else if (entry->d_tag == DT_SYMTAB)
            object->symbols = address_in(map, entry);
        else if (entry->d_tag == DT_STRTAB)
            object->names = address_in(map, entry);
        else if (entry->d_tag == DT_VERSYM)
            object->versions = address_in(map, entry);
    if (!table || !object->symbols || !object->names)
        return false;
    read_hash_table(object, table);
    return object->bucket_count != 0;
}

static bool may_have(const struct search_object *object, uint32_t hash)
{
    ElfW(Addr) word = object->filter[hash / BITS & object->filter_mask];
    return word >> hash % BITS & word >> (hash >> object->filter_shift) % BITS & 1;
}

/* One that is there for programs that were linked long ago is none to dlsym(). */
static enum search_answer judge(const struct search_object *object, uint32_t index)
{
    const ElfW(Sym) *symbol = &object->symbols[index];
    unsigned type = ELF64_ST_TYPE(symbol->st_info); /* the same in both widths */
    unsigned version = object->versions ? object->versions[index] : VERSION_FIRST_NAMED;
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0)
        return SEARCH_NONE;
    if ((version & VERSION_HIDDEN) && (version & ~VERSION_HIDDEN) >= VERSION_FIRST_NAMED)
        return SEARCH_NONE;
    return version == VERSION_LOCAL || symbol->st_shndx == SHN_ABS || type != STT_FUNC
               ? SEARCH_ASK
               : SEARCH_FOUND;
}

/* The last of a bucket's chain has the lowest bit of its hash set. */
static enum search_answer find_in(const struct search_object *object, const char *symbol,
                                  uint32_t hash, uint32_t *index)
{
    *index = object->buckets[hash % object->bucket_count];
    for (; *index != 0; ++*index) {
        uint32_t found = object->chains[*index];
        if ((found | 1) == (hash | 1) &&
            strcmp(object->names + object->symbols[*index].st_name, symbol) == 0) {
            enum search_answer answer = judge(object, *index);
            if (answer != SEARCH_NONE)
                return answer;
        }
        if (found & 1)
            break;
    }
    return SEARCH_NONE;
}

static enum search_answer find_if_any(const struct search_object *object, const char *symbol,
                                      uint32_t hash, uint32_t *index)
{
    return may_have(object, hash) ? find_in(object, symbol, hash, index) : SEARCH_NONE;
}

static bool has(const struct search_object *object, const char *symbol, uint32_t hash)
{
    uint32_t index;
    return find_if_any(object, symbol, hash, &index) == SEARCH_FOUND;
}
#define HAS(object, symbol) has((object), (symbol), SEARCH_HASH(symbol))

bool search_order_read(struct search_order *order)
{
    const struct link_map *map = own_map();
    order->count = 0;
    for (map = map ? map->l_next : NULL; map; map = map->l_next) {
        struct search_object *object = &order->objects[order->count];
        if (order->count == SEARCH_ORDER_MOST || !read_object(object, map))
            return false;
        order->count++;
        if (HAS(object, SEARCH_LIBC))
            return HAS(object, "pthread_join") && HAS(object, "lio_listio") &&
                   HAS(object, "res_search");
    }
    return false;
}

enum search_answer search_order_find(const struct search_order *order, const char *symbol,
                                     uint32_t hash, void **address, const struct search_object **in)
{
    for (unsigned i = 0; i < order->count; i++) {
        const struct search_object *object = &order->objects[i];
        uint32_t index;
        enum search_answer answer = find_if_any(object, symbol, hash, &index);
        if (answer == SEARCH_NONE)
            continue;
        *address = (void *)(object->map->l_addr + object->symbols[index].st_value); // NOLINT
        if (in)
            *in = object;
        return answer;
    }
    return SEARCH_NONE;
}
