/* SPDX-License-Identifier: MIT */
#include "policy/keys.h"
#include "policy/nearest.h"

#include <stdio.h>
#include <string.h>

const char *key_string(struct reader *reader, const config_setting_t *setting)
{
    const char *text;

    if (config_setting_type(setting) != CONFIG_TYPE_STRING)
        return NULL;
    text = config_setting_get_string(setting);
    return arena_string(&reader->file->arena, text, strlen(text));
}

/* libconfig 1.5 cuts a hexadecimal number to 32 bits without a word, so none is taken. */
bool key_integer(const config_setting_t *setting, int *value)
{
    if (config_setting_type(setting) != CONFIG_TYPE_INT ||
        config_setting_get_format(setting) == CONFIG_FORMAT_HEX)
        return false;
    *value = config_setting_get_int(setting);
    return true;
}

int key_word(struct reader *reader, const config_setting_t *setting, const char *const words[],
             size_t count, const char *expected)
{
    const char *text = key_string(reader, setting);

    for (size_t i = 0; text != NULL && i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return (int)i;
    reader_unexpected(reader, setting, expected);
    return -1;
}

void key_on_off(struct reader *reader, const config_setting_t *setting, bool *value)
{
    static const char *const words[] = {"off", "on"};
    int word = key_word(reader, setting, words, 2, "\"on\" or \"off\"");

    if (word >= 0)
        *value = word == 1;
}

void key_first_write(struct reader *reader, const config_setting_t *setting, int *value)
{
    static const char *const words[] = {
        [FIRST_WRITE_ANY] = "any",
        [FIRST_WRITE_REPLAY_SAFE] = "replay-safe",
    };
    int word = key_word(reader, setting, words, 2, "\"any\" or \"replay-safe\"");

    if (word >= 0)
        *value = word;
}

void key_first_contact(struct reader *reader, const config_setting_t *setting, int *value)
{
    static const char *const words[] = {
        [FIRST_CONTACT_CONNECT] = "connect",
        [FIRST_CONTACT_DEFER] = "defer",
    };
    int word = key_word(reader, setting, words, 2, "\"connect\" or \"defer\"");

    if (word >= 0)
        *value = word;
}

void key_deferral(struct reader *reader, const config_setting_t *setting, int *value)
{
    static const char *const words[] = {
        [DEFERRAL_BY_KERNEL] = "kernel",
        [DEFERRAL_BY_SHIM] = "shim",
    };
    int word = key_word(reader, setting, words, 2, "\"kernel\" or \"shim\"");

    if (word >= 0)
        *value = word;
}

void key_min_rtt(struct reader *reader, const config_setting_t *setting, int *value)
{
    int microseconds;

    if (key_integer(setting, &microseconds) && microseconds >= 0 && microseconds <= MIN_RTT_MOST)
        *value = microseconds;
    else
        reader_unexpected(reader, setting, "a number of microseconds from 0 to 60000000");
}

void key_lately(struct reader *reader, const config_setting_t *setting, int *value)
{
    int seconds;

    if (key_integer(setting, &seconds) && seconds >= 1 && seconds <= LATELY_MOST)
        *value = seconds;
    else
        reader_unexpected(reader, setting, "a number of seconds from 1 to 86400");
}

void key_path(struct reader *reader, const config_setting_t *setting, const char **value)
{
    const char *path = key_string(reader, setting);

    if (path != NULL && path[0] == '/')
        *value = path;
    else
        reader_unexpected(reader, setting, "an absolute path");
}

void key_values(struct reader *reader, const config_setting_t *setting, value_reader *read,
                void *target, const char *expected)
{
    const int length = config_setting_length(setting);

    if (!config_setting_is_array(setting) && !config_setting_is_list(setting)) {
        if (!read(reader, setting, target))
            reader_unexpected(reader, setting, expected);
        return;
    }
    if (length == 0)
        reader_unexpected(reader, setting, expected);
    for (int i = 0; i < length; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);

        if (!read(reader, element, target))
            reader_unexpected(reader, element, expected);
    }
}

/* "a, b or c": the keys that belong on that side. */
static void list_keys(char *list, size_t size, const struct key *keys, size_t count, unsigned side)
{
    size_t last = 0, length = 0;

    for (size_t i = 0; i < count; i++)
        if (keys[i].sides & side)
            last = i;
    list[0] = '\0';
    for (size_t i = 0; i <= last && length < size; i++) {
        if (!(keys[i].sides & side))
            continue;
        length += (size_t)snprintf(list + length, size - length, "%s\"%s\"",
                                   length == 0 ? ""
                                   : i == last ? " or "
                                               : ", ",
                                   keys[i].name);
    }
}

static void refuse_key(struct reader *reader, const config_setting_t *setting,
                       const struct key *keys, size_t count, unsigned side)
{
    const char *names[KEYS_MOST], *name = config_setting_name(setting), *meant;
    struct origin where = reader_origin(reader, setting);
    char list[256];
    size_t known = 0;

    list_keys(list, sizeof(list), keys, count, side);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].sides & side && known < KEYS_MOST)
            names[known++] = keys[i].name;
        else if (strcmp(keys[i].name, name) == 0) {
            reader_error(reader, &where, "\"%s\" is not for %s, expected %s", name,
                         side == SIDE_CLIENT ? "clients" : "servers", list);
            return;
        }
    }
    meant = nearest(name, names, known);
    if (meant != NULL)
        reader_error(reader, &where, "unknown key \"%.64s\", did you mean \"%s\"?", name, meant);
    else
        reader_error(reader, &where, "unknown key \"%.64s\", expected %s", name, list);
}

void keys_read(struct reader *reader, const config_setting_t *group, const struct key *keys,
               size_t count, unsigned side, void *target)
{
    const int length = config_setting_length(group);

    for (int i = 0; i < length; i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const struct key *key = keys;

        while (key < keys + count &&
               !(key->sides & side && strcmp(key->name, config_setting_name(setting)) == 0))
            key++;
        if (key < keys + count)
            key->read(reader, setting, target);
        else
            refuse_key(reader, setting, keys, count, side);
    }
}
