/* SPDX-License-Identifier: MIT */
#include "cli/json.h"
#include "cli/util.h"
#include "policy/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

struct json {
    enum { OBJECT, ARRAY, LITERAL } kind;
    char *name;    /* of a member of an object */
    char *literal; /* as it is printed */
    struct json *first, *last;
    struct json *next; /* after this one, where it is in */
};

/* ---- the tree ---- */

struct json *json_new(void)
{
    struct json *json = need_memory(malloc(sizeof *json));
    *json = (struct json){.kind = OBJECT};
    return json;
}

static struct json *put(struct json *in, const char *name)
{
    struct json *json = json_new();
    /* Names in arrays, and members without one, are slips of ours that a reader would choke on. */
    if ((in->kind == OBJECT) != (name != NULL) || in->kind == LITERAL)
        abort();
    if (name != NULL)
        json->name = need_memory(strdup(name));
    if (in->last == NULL)
        in->first = json;
    else
        in->last->next = json;
    in->last = json;
    return json;
}

/* Takes the literal, which free() must accept. */
static void put_literal(struct json *in, const char *name, char *literal)
{
    struct json *json = put(in, name);
    json->kind = LITERAL;
    json->literal = literal;
}

struct json *json_object(struct json *in, const char *name)
{
    return put(in, name);
}

struct json *json_array(struct json *in, const char *name)
{
    struct json *json = put(in, name);
    json->kind = ARRAY;
    return json;
}

void json_null(struct json *in, const char *name)
{
    put_literal(in, name, need_text("null"));
}

void json_boolean(struct json *in, const char *name, bool value)
{
    put_literal(in, name, need_text("%s", value ? "true" : "false"));
}

void json_integer(struct json *in, const char *name, uint64_t value)
{
    put_literal(in, name, need_text("%" PRIu64, value));
}

void json_count(struct json *in, const char *name, long long value)
{
    if (value >= 0)
        json_integer(in, name, (uint64_t)value);
    else
        json_null(in, name);
}

void json_number(struct json *in, const char *name, double value)
{
    if (isfinite(value))
        put_literal(in, name, need_text("%.15g", value));
    else
        json_null(in, name);
}

/* ---- strings ---- */

static void write_character(FILE *stream, const char **text)
{
    const char *const begin = *text;
    uint32_t point;
    if (!utf8_take(text, &point)) {
        fputs(REPLACEMENT, stream);
        ++*text;
    } else if (point == '"' || point == '\\') {
        fprintf(stream, "\\%c", (char)point);
    } else if (point == '\n') {
        fputs("\\n", stream);
    } else if (point < ' ' || (point > '~' && point < 0xa0)) {
        /* A terminal would obey some of those that JSON allows. */
        fprintf(stream, "\\u%04" PRIx32, point);
    } else {
        fwrite(begin, 1, (size_t)(*text - begin), stream);
    }
}

static char *quoted(const char *text)
{
    char *literal = NULL;
    size_t size;
    FILE *stream = need_memory(open_memstream(&literal, &size));
    putc('"', stream);
    while (*text != '\0')
        write_character(stream, &text);
    putc('"', stream);
    fclose(stream);
    return need_memory(literal);
}

void json_string(struct json *in, const char *name, const char *text)
{
    if (text == NULL)
        json_null(in, name);
    else
        put_literal(in, name, quoted(text));
}

/* ---- all of it ---- */

static void print(const struct json *json, int depth);

static void print_members(const struct json *json, int depth)
{
    for (const struct json *member = json->first; member != NULL; member = member->next) {
        char *name = member->name == NULL ? NULL : quoted(member->name);
        printf("%s\n%*s", member == json->first ? "" : ",", 2 * (depth + 1), "");
        if (name != NULL)
            printf("%s: ", name);
        print(member, depth + 1);
        free(name);
    }
    if (json->first != NULL)
        printf("\n%*s", 2 * depth, "");
}

static void print(const struct json *json, int depth)
{
    if (json->kind == LITERAL) {
        fputs(json->literal, stdout);
        return;
    }
    putchar(json->kind == OBJECT ? '{' : '[');
    print_members(json, depth);
    putchar(json->kind == OBJECT ? '}' : ']');
}

static void drop(struct json *json)
{
    for (struct json *member = json->first, *next; member != NULL; member = next) {
        next = member->next;
        drop(member);
    }
    free(json->name);
    free(json->literal);
    free(json);
}

void json_print(struct json *json)
{
    print(json, 0);
    putchar('\n');
    drop(json);
}
