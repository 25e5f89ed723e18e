/* SPDX-License-Identifier: MIT */
#include "policy/directory.h"
#include "policy/mistake.h"
#include "policy/reader.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUOTED_MOST 80

/* In the directory beside a file. */
#define NAMES "/*.conf"
#define DROP_INS ".d" NAMES

/* libconfig 1.5 does not look at what malloc returns. What it takes for a text is known well enough
 * to ask for it beforehand: a setting of 4 bytes ("a=1;") costs it some 150. */
#define LIBCONFIG_BYTES_PER_BYTE 64

static bool enough_memory(size_t text_length)
{
    /* Through a volatile pointer, or the compiler takes the pair away. */
    void *volatile trial = malloc((text_length + 4096) * LIBCONFIG_BYTES_PER_BYTE);
    bool enough = trial != NULL;

    free(trial);
    return enough;
}

static const char *syntax_expected(const char *error)
{
    if (strstr(error, "duplicate") != NULL)
        return "each key once in its group";
    if (strstr(error, "mismatched") != NULL)
        return "values of one type (a list in parentheses may mix them)";
    return "libconfig's \"key = value;\"";
}

/* libconfig says little more than the line: show it. */
static void report_syntax(struct reader *reader)
{
    const struct source *source = &reader->source;
    const char *error = config_error_text(&reader->config), *text;
    char mistake[512];
    size_t length, line = (size_t)config_error_line(&reader->config);
    struct origin where = {.file = reader->file->path};
    if (line > 0 && line <= source->line_count)
        where = source->lines[line - 1].origin;
    else if (source->line_count > 0)
        where = source->lines[source->line_count - 1].origin;
    text = source_line(source, line, &length);
    if (length == 0)
        reader_error(reader, &where, "%s: found the end of the file, expected %s", error,
                     "every bracket to be closed");
    else if (strstr(error, "duplicate") == NULL &&
             mistake_find(source, line, mistake, sizeof mistake))
        reader_error(reader, &where, "syntax error: %s", mistake);
    else
        reader_error(reader, &where, "%s: found \"%.*s%s\", expected %s", error,
                     length > QUOTED_MOST ? QUOTED_MOST : (int)length, text,
                     length > QUOTED_MOST ? "..." : "", syntax_expected(error));
}

/* libconfig leaves the thread in the global locale, whatever it was in before. */
static bool parse(struct reader *reader)
{
    locale_t locale = uselocale((locale_t)0);
    bool parsed;
    config_init(&reader->config);
    reader->config_live = true;
    parsed = config_read_string(&reader->config, reader->source.text) == CONFIG_TRUE;
    uselocale(locale);
    if (!parsed)
        report_syntax(reader);
    return parsed;
}

static struct rule_file *rule_file_new(const char *path)
{
    struct rule_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    file->path = path;
    file->client = (struct rule_group){.side = SIDE_CLIENT, .set = settings_initial};
    file->server = (struct rule_group){.side = SIDE_SERVER, .set = settings_initial};
    file->log_level = LOG_WARN;
    file->log_to = "stderr";
    return file;
}

static void no_memory(struct reader *reader, const char *path)
{
    struct origin where = {.file = path};
    if (reader->file != NULL)
        reader->file->exhausted = true;
    reader_error(reader, &where, "cannot read it: not enough memory");
}

static void forget_config(struct reader *reader)
{
    if (reader->config_live)
        config_destroy(&reader->config);
    reader->config_live = false;
}

static void read_one(struct reader *reader, const char *path, bool is_drop_in)
{
    if (!source_read(reader, path, is_drop_in))
        return;
    if (!enough_memory(reader->source.length))
        no_memory(reader, path);
    else if (parse(reader))
        settings_read(reader);
    forget_config(reader);
}

/* Before the file that was named, so that their rules come before its: what one file has for all is
 * to be excepted from without a change of that file. */
static bool read_drop_ins(struct reader *reader)
{
    const char *path = reader->file->path;
    struct file where = {.path = path, .where.file = path, .is_drop_in = true};
    struct listing listing;
    char *pattern = arena_alloc(&reader->file->arena, strlen(path) + sizeof(DROP_INS));
    stpcpy(stpcpy(pattern, path), DROP_INS);
    where.where.file = arena_string(&reader->file->arena, pattern, strlen(pattern) - strlen(NAMES));
    if (!directory_list(reader, pattern, &where, &listing))
        return false;
    for (size_t i = 0; i < listing.count; i++) {
        reader->owner = listing.owner;
        read_one(reader, listing.paths[i], true);
    }
    return true;
}

/* Out of memory anywhere below, the arena comes back here. */
static void read_into(struct reader *reader, const char *path)
{
    jmp_buf exhausted;
    if (setjmp(exhausted) != 0) {
        no_memory(reader, path);
        return;
    }
    reader->file->arena.exhausted = &exhausted;
    reader->file->path = arena_string(&reader->file->arena, path, strlen(path));
    if (reader->given >= 0 || read_drop_ins(reader))
        read_one(reader, reader->file->path, false);
    reader->file->arena.exhausted = NULL;
}

static struct rule_file *read_rules(struct reader *reader, const char *path)
{
    reader->file = rule_file_new(path);
    if (reader->file == NULL) {
        no_memory(reader, path);
        return NULL;
    }
    read_into(reader, path);
    if (reader->fd >= 0)
        close(reader->fd);
    forget_config(reader);
    reader->file->errors = reader->errors;
    return reader->file;
}

static struct rule_file *without_errors(struct rule_file *file)
{
    if (file == NULL || file->errors == 0)
        return file;
    rules_free(file);
    return NULL;
}

struct rule_file *rules_read(const char *path, const struct tree *tree, policy_report *report,
                             void *context)
{
    struct reader reader = {
        .tree = tree, .fd = -1, .given = -1, .report = report, .context = context};
    return without_errors(read_rules(&reader, path));
}

struct rule_file *rules_read_erroneous(const char *path, policy_report *report, void *context)
{
    struct reader reader = {.fd = -1, .given = -1, .report = report, .context = context};
    return read_rules(&reader, path);
}

struct rule_file *rules_read_open(int fd, const char *name, policy_report *report, void *context)
{
    struct reader reader = {.fd = -1, .given = fd, .report = report, .context = context};
    return without_errors(read_rules(&reader, name));
}

bool rules_enable(const struct rule_group *group)
{
    if (group->fastopen)
        return true;
    for (size_t i = 0; i < group->rule_count; i++)
        if (group->rules[i].fastopen)
            return true;
    return false;
}

void rules_free(struct rule_file *file)
{
    arena_free(&file->arena);
    free(file);
}
