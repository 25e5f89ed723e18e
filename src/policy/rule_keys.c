/* SPDX-License-Identifier: MIT */
#include "policy/keys.h"
#include "policy/values.h"

#include <string.h>

static bool add_address(struct reader *reader, const config_setting_t *setting, void *target)
{
    const char *text = key_string(reader, setting);
    struct rule *rule = target;
    struct value_error error;
    struct address_pattern pattern;
    if (text == NULL)
        return false;
    if (!value_address(&pattern, text, &error)) {
        reader_unexpected_text(reader, setting, error.found, error.expected);
        return true;
    }
    rule->addresses =
        arena_grow(&reader->file->arena, rule->addresses, rule->address_count, sizeof pattern);
    rule->addresses[rule->address_count++] = pattern;
    return true;
}

static bool add_host(struct reader *reader, const config_setting_t *setting, void *target)
{
    const char *text = key_string(reader, setting);
    struct rule *rule = target;
    struct value_error error;
    struct host_pattern pattern;
    if (text == NULL)
        return false;
    if (!value_host(&pattern, text, &reader->file->arena, &error)) {
        reader_unexpected_text(reader, setting, error.found, error.expected);
        return true;
    }
    rule->hosts = arena_grow(&reader->file->arena, rule->hosts, rule->host_count, sizeof pattern);
    rule->hosts[rule->host_count++] = pattern;
    return true;
}

static bool add_ports(struct reader *reader, const config_setting_t *setting, void *target)
{
    const char *text = key_string(reader, setting);
    struct rule *rule = target;
    struct value_error error;
    struct port_range ports;
    int port;
    if (text != NULL) {
        if (!value_ports(&ports, text, &error)) {
            reader_unexpected_text(reader, setting, error.found, error.expected);
            return true;
        }
    } else {
        if (!key_integer(setting, &port) || port < 1 || port > PORT_HIGHEST)
            return false;
        ports = (struct port_range){.lo = (uint16_t)port, .hi = (uint16_t)port};
    }
    rule->ports = arena_grow(&reader->file->arena, rule->ports, rule->port_count, sizeof ports);
    rule->ports[rule->port_count++] = ports;
    return true;
}

static bool add_prefix(struct reader *reader, const config_setting_t *setting, void *target)
{
    const char *text = key_string(reader, setting);
    struct rule *rule = target;
    if (text == NULL || text[0] == '\0')
        return false;
    rule->prefixes =
        arena_grow(&reader->file->arena, rule->prefixes, rule->prefix_count, sizeof text);
    rule->prefixes[rule->prefix_count++] = text;
    return true;
}

static void read_addresses(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_values(reader, setting, add_address, rule, ADDRESS_EXPECTED);
}

static void read_hosts(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_values(reader, setting, add_host, rule, HOST_EXPECTED);
}

static void read_ports(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_values(reader, setting, add_ports, rule, PORT_EXPECTED);
}

static void read_fastopen(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_on_off(reader, setting, &((struct rule *)rule)->fastopen);
}

static void read_queue(struct reader *reader, const config_setting_t *setting, void *rule)
{
    int queue;
    if (key_integer(setting, &queue) && queue > 0)
        ((struct rule *)rule)->queue = (uint32_t)queue;
    else
        reader_unexpected(reader, setting, "a number above 0");
}

static void read_key_file(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_path(reader, setting, &((struct rule *)rule)->key_file);
}

static void read_prefixes(struct reader *reader, const config_setting_t *setting, void *rule)
{
    key_values(reader, setting, add_prefix, rule, "how a first write begins, one byte or more");
}

static const struct key rule_keys[] = {
#define RULE_KEY(name, sides, reader) {name, sides, reader, 0, 0, 0, NULL, NULL},
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    SETTING_KEY(name, sides, rule, field, least, most, __VA_ARGS__)
#define SETTING_ALSO SETTING
#include "policy/keys.def"
};

void rule_read(struct reader *reader, const config_setting_t *group, enum side side,
               struct rule *rule)
{
    keys_read(reader, group, rule_keys, sizeof rule_keys / sizeof rule_keys[0], side, rule);
}
