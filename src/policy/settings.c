/* SPDX-License-Identifier: MIT */
/* The groups of a configuration file, from the file itself down to its rules. */
#include "policy/keys.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const log_level_names[] = {"none", "error", "warn", "info", "debug"};

const struct settings settings_initial = {
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...) (initial),
#include "policy/keys.def"
};

const struct settings settings_of_group = {
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...) AS_THE_GROUP,
#include "policy/keys.def"
};

static void read_default(struct reader *reader, const config_setting_t *setting, void *group)
{
    key_on_off(reader, setting, &((struct rule_group *)group)->fastopen);
}

static void read_default_key_file(struct reader *reader, const config_setting_t *setting,
                                  void *group)
{
    key_path(reader, setting, &((struct rule_group *)group)->key_file);
}

/* Whoever lists a destination vouches for it: a rule is on, for any first write. Of a listener it
 * is the clients that would have to vouch. Who says how first writes begin vouches for those. */
static void settle_first_write(struct reader *reader, const struct rule_group *group,
                               struct rule *rule, const struct origin *where)
{
    if (rule->prefix_count > 0 && rule->set.first_write == FIRST_WRITE_ANY)
        reader_error(
            reader, where,
            "prefixes: found them beside %s = \"any\", expected \"replay-safe\" or nothing",
            group->side == SIDE_CLIENT ? "first_write" : "first_read");
    if (rule->set.first_write != AS_THE_GROUP)
        return;
    if (rule->prefix_count > 0)
        rule->set.first_write = FIRST_WRITE_REPLAY_SAFE;
    else if (group->side == SIDE_CLIENT)
        rule->set.first_write = FIRST_WRITE_ANY;
}

static void add_rule(struct reader *reader, const config_setting_t *setting,
                     struct rule_group *group)
{
    struct origin where = reader_origin(reader, setting);
    struct rule rule = {
        .file = where.file,
        .line = where.line,
        .fastopen = true,
        .set = settings_of_group,
    };
    rule_read(reader, setting, group->side, &rule);
    settle_first_write(reader, group, &rule, &where);
    group->rules = arena_grow(&reader->file->arena, group->rules, group->rule_count, sizeof rule);
    group->rules[group->rule_count++] = rule;
}

static void read_rules(struct reader *reader, const config_setting_t *setting, void *group)
{
    const int length = config_setting_length(setting);
    if (!config_setting_is_list(setting)) {
        reader_unexpected(reader, setting, "a list of rules: ( { ... }, ... )");
        return;
    }
    for (int i = 0; i < length; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        if (config_setting_is_group(element))
            add_rule(reader, element, group);
        else
            reader_unexpected(reader, element, "a rule: { key = value; ... }");
    }
}

static const struct key group_keys[] = {
#define GROUP_KEY(name, sides, reader) {name, sides, reader, 0, 0, 0, NULL, NULL},
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    SETTING_KEY(name, sides, rule_group, field, least, most, __VA_ARGS__)
#define SETTING_ALSO SETTING
#include "policy/keys.def"
};

static void read_level(struct reader *reader, const config_setting_t *setting, void *file)
{
    int level = key_word(reader, setting, log_level_names, LOG_LEVEL_COUNT,
                         "\"none\", \"error\", \"warn\", \"info\" or \"debug\"");
    if (level >= 0)
        ((struct rule_file *)file)->log_level = (enum log_level)level;
}

static void read_to(struct reader *reader, const config_setting_t *setting, void *file)
{
    const char *to = key_string(reader, setting);
    if (to != NULL && (to[0] == '/' || strcmp(to, "stderr") == 0))
        ((struct rule_file *)file)->log_to = to;
    else
        reader_unexpected(reader, setting, "\"stderr\" or an absolute path");
}

static const struct key log_keys[] = {
#define LOG_KEY(name, sides, reader) {name, sides, reader, 0, 0, 0, NULL, NULL},
#include "policy/keys.def"
};

static bool is_group(struct reader *reader, const config_setting_t *setting)
{
    if (config_setting_is_group(setting))
        return true;
    reader_unexpected(reader, setting, "a group: { key = value; ... }");
    return false;
}

/* Several files may have rules; of the rest none may contradict another. */
static void refuse_second(struct reader *reader, const config_setting_t *setting, const void *group)
{
    const char *key = config_setting_name(setting);
    const struct origin where = reader_origin(reader, setting);
    struct arena *arena = &reader->file->arena;
    if (strcmp(key, "rules") == 0)
        return;
    for (size_t i = 0; i < reader->said_count; i++) {
        const struct said *first = &reader->said[i];
        if (first->group == group && strcmp(first->key, key) == 0) {
            reader_error(reader, &where, "%s: found it twice, expected it here or at %s:%u", key,
                         first->where.file, (unsigned)first->where.line);
            return;
        }
    }
    reader->said = arena_grow(arena, reader->said, reader->said_count, sizeof *reader->said);
    reader->said[reader->said_count++] =
        (struct said){.group = group, .key = arena_string(arena, key, strlen(key)), .where = where};
}

static void refuse_seconds(struct reader *reader, const config_setting_t *group, const void *target)
{
    const int length = config_setting_length(group);
    for (int i = 0; i < length; i++)
        refuse_second(reader, config_setting_get_elem(group, (unsigned)i), target);
}

static void read_side(struct reader *reader, const config_setting_t *setting,
                      struct rule_group *group)
{
    if (!is_group(reader, setting))
        return;
    refuse_seconds(reader, setting, group);
    keys_read(reader, setting, group_keys, COUNT(group_keys), group->side, group);
}

static void read_client(struct reader *reader, const config_setting_t *setting, void *file)
{
    read_side(reader, setting, &((struct rule_file *)file)->client);
}

static void read_server(struct reader *reader, const config_setting_t *setting, void *file)
{
    read_side(reader, setting, &((struct rule_file *)file)->server);
}

static void read_log(struct reader *reader, const config_setting_t *setting, void *file)
{
    if (!is_group(reader, setting))
        return;
    refuse_seconds(reader, setting, file);
    keys_read(reader, setting, log_keys, COUNT(log_keys), BOTH_SIDES, file);
}

static const struct key file_keys[] = {
#define FILE_KEY(name, sides, reader) {name, sides, reader, 0, 0, 0, NULL, NULL},
#include "policy/keys.def"
};

void settings_read(struct reader *reader)
{
    keys_read(reader, config_root_setting(&reader->config), file_keys, COUNT(file_keys), BOTH_SIDES,
              reader->file);
}
