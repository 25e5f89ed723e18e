/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* More would not fit into the bits of an address that the translation changes. */
#define ADDRESSES_MAX 64

/* An hour: longer is a slip of the keyboard, and would overflow the arithmetic on the way. */
#define DELAY_MAX_MS 3600000.0

enum kind { SWITCH, ONE_WAY, ROUND_TRIP, PERCENT, COUNT, ADDRESSES };

static const struct setting {
    const char *name;
    enum kind kind;
    size_t offset;
} table[] = {
    {"rtt", ROUND_TRIP, offsetof(struct settings, delay_ns)},
    {"delay", ONE_WAY, offsetof(struct settings, delay_ns)},
    {"loss", PERCENT, offsetof(struct settings, loss)},
    {"seed", COUNT, offsetof(struct settings, seed)},
    {"lose-left", COUNT, offsetof(struct settings, lose[LEFT])},
    {"lose-right", COUNT, offsetof(struct settings, lose[RIGHT])},
    {"spare-left", COUNT, offsetof(struct settings, spare[LEFT])},
    {"spare-right", COUNT, offsetof(struct settings, spare[RIGHT])},
    {"cut", SWITCH, offsetof(struct settings, cut)},
    {"reorder", PERCENT, offsetof(struct settings, reorder)},
    {"reorder-by", ONE_WAY, offsetof(struct settings, reorder_by_ns)},
    {"repeat-syn", SWITCH, offsetof(struct settings, repeat_syn)},
    {"repeat-after", ONE_WAY, offsetof(struct settings, repeat_after_ns)},
    {"cut-syn", COUNT, offsetof(struct settings, cut_syn)},
    {"cut-after", ONE_WAY, offsetof(struct settings, cut_after_ns)},
    {"cut-for", ONE_WAY, offsetof(struct settings, cut_for_ns)},
    {"mtu", COUNT, offsetof(struct settings, mtu)},
    {"mtu-silent", SWITCH, offsetof(struct settings, mtu_silent)},
    {"nat", ADDRESSES, offsetof(struct settings, nat)},
    {"drop-syn-data", SWITCH, offsetof(struct settings, drop_syn_data)},
    {"drop-option", SWITCH, offsetof(struct settings, drop_option)},
    {"strip-option", SWITCH, offsetof(struct settings, strip_option)},
    {"strip-option-left", SWITCH, offsetof(struct settings, strip_option_from[LEFT])},
    {"strip-option-right", SWITCH, offsetof(struct settings, strip_option_from[RIGHT])},
    {"alter-cookie", SWITCH, offsetof(struct settings, alter_cookie)},
    {"strip-data", SWITCH, offsetof(struct settings, strip_data)},
    {"reset-syn-data", SWITCH, offsetof(struct settings, reset_syn_data)},
    {"reset-syn", COUNT, offsetof(struct settings, reset_syn)},
};

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

bool setting_exists(const char *name)
{
    return find(name) != NULL;
}

bool setting_is_switch(const char *name)
{
    const struct setting *setting = find(name);
    return setting && setting->kind == SWITCH;
}

static const char *set_switch(bool *to, const char *value)
{
    if (!value || strcmp(value, "on") == 0)
        *to = true;
    else if (strcmp(value, "off") == 0)
        *to = false;
    else
        return "expected on or off";
    return NULL;
}

static bool read_number(const char *value, double most, double *to)
{
    char *end;
    double number;
    errno = 0;
    number = strtod(value, &end);
    /* Said positively, so that "nan" is refused as well. */
    if (end == value || *end != '\0' || errno != 0 || !(number >= 0 && number <= most))
        return false;
    *to = number;
    return true;
}

static const char *set_delay(int64_t *to, const char *value, double ways)
{
    double ms;
    if (!read_number(value, DELAY_MAX_MS, &ms))
        return "expected milliseconds, at most an hour of them";
    *to = (int64_t)(ms * NS_PER_MS / ways + 0.5);
    return NULL;
}

static const char *set_count(uint64_t *to, const char *value)
{
    char *end;
    unsigned long long count;
    errno = 0;
    count = strtoull(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || *value == '-')
        return "expected a whole number";
    *to = count;
    return NULL;
}

static const char *set_addresses(uint64_t *to, const char *value)
{
    uint64_t count;
    if (set_count(&count, value) || count > ADDRESSES_MAX)
        return "expected a number of addresses, at most 64";
    *to = count;
    return NULL;
}

const char *setting_apply(struct settings *settings, const char *name, const char *value)
{
    const struct setting *setting = find(name);
    void *to;
    if (!setting)
        return "no such setting";
    to = (char *)settings + setting->offset;
    if (setting->kind == SWITCH)
        return set_switch(to, value);
    if (!value)
        return "a value is missing";
    switch (setting->kind) {
    case ONE_WAY:
        return set_delay(to, value, 1);
    case ROUND_TRIP:
        return set_delay(to, value, 2);
    case PERCENT:
        return read_number(value, 100, to) ? NULL : "expected a percentage";
    case ADDRESSES:
        return set_addresses(to, value);
    default:
        return set_count(to, value);
    }
}
