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

/* Each in quotes: a, b or c. */
static void list_words(char *list, size_t size, const char *const words[], int count)
{
    size_t length = 0;
    list[0] = '\0';
    for (int i = 0; i < count && length < size; i++)
        length += (size_t)snprintf(list + length, size - length, "%s\"%s\"",
                                   i == 0           ? ""
                                   : i + 1 == count ? " or "
                                                    : ", ",
                                   words[i]);
}

static void read_setting(struct reader *reader, const config_setting_t *setting,
                         const struct key *key, int *target)
{
    char expected[128];
    int value;
    if (key->words != NULL) {
        list_words(expected, sizeof expected, key->words, key->most + 1);
        value = key_word(reader, setting, key->words, (size_t)key->most + 1, expected);
        if (value >= 0)
            *target = value;
        return;
    }
    snprintf(expected, sizeof expected, "a number of %s from %d to %d", key->unit, key->least,
             key->most);
    if (key_integer(setting, &value) && value >= key->least && value <= key->most)
        *target = value;
    else
        reader_unexpected(reader, setting, expected);
}

static void refuse_key(struct reader *reader, const config_setting_t *setting,
                       const struct key *keys, size_t count, unsigned side)
{
    const char *names[KEYS_MOST], *name = config_setting_name(setting), *meant;
    struct origin where = reader_origin(reader, setting);
    char list[512];
    size_t known = 0;
    for (size_t i = 0; i < count && known < KEYS_MOST; i++)
        if (keys[i].sides & side)
            names[known++] = keys[i].name;
    list_words(list, sizeof list, names, (int)known);
    for (size_t i = 0; i < count; i++) {
        if (!(keys[i].sides & side) && strcmp(keys[i].name, name) == 0) {
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
        if (key == keys + count)
            refuse_key(reader, setting, keys, count, side);
        else if (key->read != NULL)
            key->read(reader, setting, target);
        else
            read_setting(reader, setting, key, (int *)((char *)target + key->target));
    }
}
