/* SPDX-License-Identifier: MIT */
#include "cli/check_policy.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/text_table.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "policy/search.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a policy ---- */

/* "a, b, c", or "*" where nothing was listed: all. */
struct list {
    FILE *stream;
    char *text;
    size_t size;
    size_t count;
};

static void list_begin(struct list *list)
{
    *list = (struct list){.text = NULL};
    list->stream = need_memory(open_memstream(&list->text, &list->size));
}

static FILE *list_next(struct list *list)
{
    if (list->count++ > 0)
        fputs(", ", list->stream);
    return list->stream;
}

static char *list_end(struct list *list)
{
    if (list->count == 0)
        fputc('*', list->stream);
    fclose(list->stream);
    return list->text;
}

static char *destinations(const struct rule *rule)
{
    struct list list;
    list_begin(&list);
    for (size_t i = 0; i < rule->address_count; i++)
        fputs(rule->addresses[i].text, list_next(&list));
    for (size_t i = 0; i < rule->host_count; i++)
        fputs(rule->hosts[i].text, list_next(&list));
    return list_end(&list);
}

static char *ports(const struct rule *rule)
{
    struct list list;
    list_begin(&list);
    for (size_t i = 0; i < rule->port_count; i++) {
        FILE *stream = list_next(&list);
        fprintf(stream, "%u", rule->ports[i].lo);
        if (rule->ports[i].hi != rule->ports[i].lo)
            fprintf(stream, "-%u", rule->ports[i].hi);
    }
    return list_end(&list);
}

static char *selected(const struct selection *selection)
{
    struct list list;
    list_begin(&list);
    for (size_t i = 0; i < selection->count; i++)
        fputs(selection->any[i].text, list_next(&list));
    return list_end(&list);
}

static void add_prefixes(struct list *list, const struct rule *rule)
{
    if (rule->prefix_count > 0)
        fprintf(list_next(list), "%zu prefix%s", rule->prefix_count,
                rule->prefix_count == 1 ? "" : "es");
}

static const char *on_off(bool on)
{
    return on ? "on" : "off";
}

/* Whatever is unusual: what a value is that is not the usual one, in words, and of a number what it
 * counts. */
static const struct unusual {
    size_t target;
    const char *shown, *symbol;
    int initial;
    unsigned sides;
} unusual[] = {
#define WORDS(...) NULL
#define NUMBER(unit, symbol) (symbol)
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    {offsetof(struct settings, field), shown, __VA_ARGS__, (int)(initial), sides},
#define SETTING_ALSO SETTING
#include "policy/keys.def"
};

static void add_unusual(struct list *list, const struct settings *settings, unsigned side)
{
    for (size_t i = 0; i < sizeof unusual / sizeof unusual[0]; i++) {
        const struct unusual *one = &unusual[i];
        const int value = *(const int *)(const void *)((const char *)settings + one->target);
        if (!(one->sides & side) || value == AS_THE_GROUP || value == one->initial ||
            one->shown[0] == '\0')
            continue;
        fputs(one->shown, list_next(list));
        if (one->symbol != NULL)
            fprintf(list->stream, " %d %s", value, one->symbol);
    }
}

static char *server_ways(const struct rule *rule)
{
    struct list list;
    list_begin(&list);
    if (rule->queue > 0)
        fprintf(list_next(&list), "%" PRIu32, rule->queue);
    else
        fputs("backlog", list_next(&list));
    add_unusual(&list, &rule->set, SIDE_SERVER);
    add_prefixes(&list, rule);
    if (rule->key_file != NULL)
        fprintf(list_next(&list), "keys of %s", rule->key_file);
    return list_end(&list);
}

static char *client_ways(const struct rule *rule)
{
    struct list list;
    list_begin(&list);
    fputs(rule->set.first_write == FIRST_WRITE_ANY ? "any" : "replay-safe", list_next(&list));
    add_prefixes(&list, rule);
    add_unusual(&list, &rule->set, SIDE_CLIENT);
    return list_end(&list);
}

static const char *const selector_names[SELECTORS] = {
    [SELECT_PROGRAM] = "program",
    [SELECT_USER] = "user",
    [SELECT_UNIT] = "unit",
    [SELECT_INTERFACE] = "interface",
};

/* Programs have a column always, the others where a rule selects by them. */
static void choose_columns(bool columns[SELECTORS], const struct rule_group *group)
{
    for (enum selector selector = 0; selector < SELECTORS; selector++)
        columns[selector] = selector == SELECT_PROGRAM;
    for (size_t i = 0; i < group->rule_count; i++)
        for (enum selector selector = 0; selector < SELECTORS; selector++)
            columns[selector] |= group->rules[i].select[selector].count > 0;
}

static void show_rule(struct table *table, const struct rule *rule, bool client,
                      const bool columns[SELECTORS])
{
    table_add_text(table, "%s:%" PRIu32, rule->file, rule->line);
    table_add_copy(table, on_off(rule->fastopen));
    table_add(table, client ? client_ways(rule) : server_ways(rule));
    table_add(table, ports(rule));
    for (enum selector selector = 0; selector < SELECTORS; selector++)
        if (columns[selector])
            table_add(table, selected(&rule->select[selector]));
    table_add(table, destinations(rule));
}

static void show_rules(const struct rule_group *group)
{
    const bool client = group->side == SIDE_CLIENT;
    struct table table = {.columns = 5};
    bool columns[SELECTORS];
    choose_columns(columns, group);
    table_add_copy(&table, "rule");
    table_add_copy(&table, "fastopen");
    table_add_copy(&table, client ? "first write" : "queue");
    table_add_copy(&table, "port");
    for (enum selector selector = 0; selector < SELECTORS; selector++)
        if (columns[selector]) {
            table_add_copy(&table, selector_names[selector]);
            table.columns++;
        }
    table_add_copy(&table, client ? "destination" : "address");
    for (size_t i = 0; i < group->rule_count; i++)
        show_rule(&table, &group->rules[i], client, columns);
    table_print(&table, "  ");
}

static void show_group(const struct rule_group *group)
{
    if (group->side == SIDE_CLIENT) {
        const struct rule fallback = {.set = group->set};
        char *ways = client_ways(&fallback);
        printf("client: default %s, first write %s\n", on_off(group->fastopen), ways);
        free(ways);
    } else {
        printf("server: default %s, queue as long as the listener's backlog%s%s%s\n",
               on_off(group->fastopen),
               group->set.first_write == FIRST_WRITE_ANY ? ", first read any" : "",
               group->key_file != NULL ? ", keys of " : "",
               group->key_file != NULL ? group->key_file : "");
    }
    if (group->rule_count > 0)
        show_rules(group);
    else
        puts("  no rules");
}

/* As it was understood, with every default spelled out. */
static void show_policy(const struct rule_file *file)
{
    const char *trouble;
    show_group(&file->client);
    show_group(&file->server);
    printf("log: level %s, to %s", log_level_names[file->log_level], file->log_to);
    trouble = log_trouble(file->log_to);
    if (trouble != NULL)
        printf(": %s: user %u cannot write to it", trouble, (unsigned)geteuid());
    putchar('\n');
}

/* ---- where it comes from ---- */

static int show_builtin(void)
{
    const struct rule_file file = {
        .client = {.side = SIDE_CLIENT,
                   .fastopen = policy_builtin->client.fallback.fastopen,
                   .set = settings_initial},
        .server = {.side = SIDE_SERVER,
                   .fastopen = policy_builtin->server.fallback.fastopen,
                   .set = settings_initial},
        .log_level = policy_log_level(policy_builtin),
        .log_to = policy_log_to(policy_builtin),
    };
    puts("no configuration file: this is the built-in policy");
    show_policy(&file);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool is_file(const struct rule_source *source)
{
    return source->stamp.mode != 0 && !S_ISDIR(source->stamp.mode) && !source->is_of_users;
}

/* In the order of their rules, where there are several. */
static void show_files(const struct rule_file *file)
{
    const char *separator = "files: ";
    size_t count = 0;
    for (size_t i = 0; i < file->source_count; i++)
        count += is_file(&file->sources[i]);
    for (size_t i = 0; i < file->source_count && count > 1; i++)
        if (is_file(&file->sources[i])) {
            printf("%s%s", separator, file->sources[i].path);
            separator = ", ";
        }
    if (count > 1)
        putchar('\n');
}

static void warn_if_off(const struct rule_file *file)
{
    if (!rules_enable(&file->client) && !rules_enable(&file->server))
        complain("warning: %s enables nothing: give the client or the server group rules, or "
                 "default = \"on\"",
                 file->path);
}

static int check(struct rule_file *file)
{
    if (file == NULL)
        return EXIT_FAILURE;
    printf("policy of %s\n", file->path);
    show_files(file);
    printf("version %08" PRIx32 "\n", file->written);
    show_policy(file);
    warn_if_off(file);
    check_rules(file);
    check_keys(file);
    rules_free(file);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int check_file(const char *path)
{
    return check(strcmp(path, "-") == 0
                     ? rules_read_open(STDIN_FILENO, "<stdin>", complain_report, NULL)
                     : rules_read(path, NULL, complain_report, NULL));
}

static int check_policy(const char *file)
{
    char path[PATH_MAX];
    if (file != NULL)
        return check_file(file);
    if (!policy_search(path, sizeof path, true))
        return show_builtin();
    return check(rules_read(path, NULL, complain_report, NULL));
}

/* ---- the verb ---- */

static const struct verb_option options[] = {PAINT_OPTION, OPTIONS_END};

/* To be freed. */
static char *help(void)
{
    return need_text(
        "usage: tfoshim check [--color WHEN] [FILE|-]\n"
        "\n"
        "Checks a configuration file and prints the resulting policy with all defaults. Errors\n"
        "go to stderr, and the exit status is 1. Warnings go to stderr too: of rules that never\n"
        "match, of keys that would not work, and of a file that enables nothing. \"-\" is\n"
        "standard input.\n"
        "\n"
        "Without FILE, checks the file that programs would use, which is the first of\n"
        "  $TFOSHIM_CONFIG (if it is set but empty: no file)\n"
        "  $XDG_CONFIG_HOME/tfoshim.conf or ~/.config/tfoshim.conf\n"
        "  %s\n"
        "or the built-in policy if there is none of these.\n"
        "\n"
        "options:\n" PAINT_HELP "      --help        this text\n",
        policy_system_file);
}

int check_main(int argc, char **argv)
{
    char *text = help();
    const struct syntax syntax = {"check", text, options, OPERANDS_MAYBE_ONE, "file", 0};
    int status;
    char **words = options_read(&syntax, NULL, argc, argv, &status);
    if (words != NULL)
        status = check_policy(words[0]);
    free(text);
    return status;
}
