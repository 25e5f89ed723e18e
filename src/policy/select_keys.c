/* SPDX-License-Identifier: MIT */
/* The keys by which a rule selects. */
#include "policy/keys.h"
#include "policy/users.h"

#include <stdio.h>
#include <string.h>

static bool add(struct reader *reader, void *rule, enum selector selector, const char *text,
                const char *pattern)
{
    struct selection *selection = &((struct rule *)rule)->select[selector];
    selection->any =
        arena_grow(&reader->file->arena, selection->any, selection->count, sizeof *selection->any);
    selection->any[selection->count++] = (struct selected){.text = text, .pattern = pattern};
    return true;
}

/* With a slash in it, it is matched with an absolute name. */
static bool add_program(struct reader *reader, const config_setting_t *setting, void *rule)
{
    const char *text = key_string(reader, setting);
    if (text == NULL || text[0] == '\0' ||
        (strchr(text, '/') != NULL && text[0] != '/' && text[0] != '*'))
        return false;
    return add(reader, rule, SELECT_PROGRAM, text, text);
}

void select_programs(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_values(reader, setting, add_program, rule,
               "a program's name, or the absolute name of its file, such as \"curl\" or "
               "\"/opt/*\"");
}

static bool is_number(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

static bool add_user_number(struct reader *reader, const config_setting_t *setting, void *rule)
{
    char digits[16];
    const char *text;
    int number;
    if (!key_integer(setting, &number) || number < 0)
        return false;
    snprintf(digits, sizeof digits, "%d", number);
    text = arena_string(&reader->file->arena, digits, strlen(digits));
    return add(reader, rule, SELECT_USER, text, text);
}

/* Who has no number here is nobody here, and may be somebody on the next machine. */
static bool add_user(struct reader *reader, const config_setting_t *setting, void *rule)
{
    const char *text = key_string(reader, setting), *number;
    if (text == NULL)
        return add_user_number(reader, setting, rule);
    if (text[0] == '\0' || strpbrk(text, ":/*\n") != NULL)
        return false;
    number = is_number(text) ? text : users_number(reader, text);
    return add(reader, rule, SELECT_USER, text, number == NULL ? text : number);
}

void select_users(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_values(reader, setting, add_user, rule, "a user's name or number");
}

static bool ends(const char *text, const char *end)
{
    const size_t length = strlen(text), size = strlen(end);
    return length > size && strcmp(text + length - size, end) == 0;
}

/* Those that have processes. "nginx" alone would never match. */
static bool is_unit(const char *text)
{
    static const char *const types[] = {".service", ".scope", ".slice",
                                        ".socket",  ".mount", ".swap"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (ends(text, types[i]))
            return true;
    return strchr(text, '*') != NULL;
}

static bool add_unit(struct reader *reader, const config_setting_t *setting, void *rule)
{
    const char *text = key_string(reader, setting);
    if (text == NULL || strchr(text, '/') != NULL || !is_unit(text))
        return false;
    return add(reader, rule, SELECT_UNIT, text, text);
}

void select_units(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_values(reader, setting, add_unit, rule,
               "a unit with its type, such as \"nginx.service\" or \"worker@*.service\"");
}

/* As the kernel takes them (dev_valid_name), and with "*". */
static bool add_interface(struct reader *reader, const config_setting_t *setting, void *rule)
{
    const char *text = key_string(reader, setting);
    if (text == NULL || text[0] == '\0' || strlen(text) >= IF_NAMESIZE ||
        strpbrk(text, "/: \t\n\r\f\v") != NULL)
        return false;
    return add(reader, rule, SELECT_INTERFACE, text, text);
}

void select_interfaces(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_values(reader, setting, add_interface, rule,
               "the name of an interface, such as \"eth0\" or \"wg*\"");
}
