/* SPDX-License-Identifier: MIT */
/* Groups of settings are read by the tables of keys.def, into the structures that they stand for.
 */
#ifndef TFOSHIM_POLICY_KEYS_H
#define TFOSHIM_POLICY_KEYS_H

#include "contract.h"
#include "policy/reader.h"

#define BOTH_SIDES (SIDE_CLIENT | SIDE_SERVER)

typedef void key_reader(struct reader *, const config_setting_t *, void *target);

struct key {
    const char *name;
    unsigned sides;   /* where it belongs */
    key_reader *read; /* NULL: it is a setting, and the rest says how it is read */
    size_t target;    /* the int, in the structure */
    int least, most;
    const char *const *words; /* of each value from 0 on; NULL: it is a number */
    const char *unit;         /* of a number */
};

#define KEYS_MOST 32 /* in a table, for one side */

/* The settings of keys.def as lines of a table, for a structure that has them in `set`. */
#define WORDS(...)                                                                                 \
    .words = (const char *const[])                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define NUMBER(of, symbol) .unit = (of)
#define SETTING_KEY(key, on, structure, field, lowest, highest, ...)                               \
    {.name = (key),                                                                                \
     .sides = (on),                                                                                \
     .target = offsetof(struct structure, set.field),                                              \
     .least = (lowest),                                                                            \
     .most = (highest),                                                                            \
     __VA_ARGS__},

/* Reads every setting of `group` that its table knows, and reports the others. */
void keys_read(struct reader *, const config_setting_t *group, const struct key *, size_t count,
               unsigned side, void *target);

/* The readers of single values. All but key_string() and key_integer() report what they did not
 * expect. */

/* The string, in the arena, or NULL if the setting is of another type. */
const char *key_string(struct reader *, const config_setting_t *) NONNULL MUST_USE;
/* False for what is no integer. */
bool key_integer(const config_setting_t *, int *value) NONNULL MUST_USE;
/* The index of the string among `words`, or -1. */
int key_word(struct reader *, const config_setting_t *, const char *const words[], size_t count,
             const char *expected) NONNULL MUST_USE;
void key_on_off(struct reader *, const config_setting_t *, bool *value) NONNULL;
void key_path(struct reader *, const config_setting_t *, const char **value) NONNULL;

/* Reads one value of a key that takes one or a list; false: not what was expected. */
typedef bool value_reader(struct reader *, const config_setting_t *, void *target);
void key_values(struct reader *, const config_setting_t *, value_reader *read, void *target,
                const char *expected);

/* Those by which a rule selects (select_keys.c). */
key_reader select_programs, select_users, select_units, select_interfaces;

/* The settings of one rule. */
void rule_read(struct reader *, const config_setting_t *group, enum side, struct rule *) NONNULL;

#endif
