/* SPDX-License-Identifier: MIT */
/*
 * libconfig says of a syntax error no more than its line. This follows the text to there as
 * libconfig does, knowing only what comes after what, and names the first thing in that line that
 * cannot come: it is what libconfig has stopped at.
 */
#include "policy/mistake.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MOST 64
#define QUOTED_MOST 64

struct token {
    const char *text;
    size_t length; /* 0: the end */
};

struct place {
    const char *at;
    char open[DEPTH_MOST]; /* the brackets that are open */
    size_t depth;
    enum { WANT_NAME, WANT_EQUALS, WANT_VALUE, WANT_SEPARATOR } state;
    struct token last;
};

static const char *skip_comment(const char *at)
{
    const char *end = strstr(at + 2, "*/");
    if (at[0] == '/' && at[1] == '*')
        return end == NULL ? at + strlen(at) : end + 2;
    return at + strcspn(at, "\n");
}

static bool is_comment(const char *at)
{
    return *at == '#' || (at[0] == '/' && (at[1] == '/' || at[1] == '*'));
}

static size_t string_length(const char *at)
{
    size_t length = 1;
    while (at[length] != '\0' && at[length] != '"')
        length += at[length] == '\\' && at[length + 1] != '\0' ? 2 : 1;
    return length + (at[length] == '"');
}

/* A value may have a colon in it (an address without its quotes), but what comes before one in a
 * group is a name. */
static struct token next(struct place *place)
{
    const char *ends =
        place->state == WANT_VALUE ? " \t\r\f\n;,(){}[]=\"" : " \t\r\f\n;,(){}[]=\":";
    struct token token;
    place->at += strspn(place->at, " \t\r\f\n");
    while (is_comment(place->at)) {
        place->at = skip_comment(place->at);
        place->at += strspn(place->at, " \t\r\f\n");
    }
    token.text = place->at;
    token.length = *token.text == '"' ? string_length(token.text) : 0;
    while (*token.text != '"' && strchr(ends, token.text[token.length]) == NULL &&
           !is_comment(token.text + token.length))
        token.length++;
    token.length += token.length == 0 && *token.text != '\0';
    place->at += token.length;
    return token;
}

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

static bool is_number(const struct token *token)
{
    const char *at = token->text + strspn(token->text, "+-");
    if (at - token->text > 1 || digits(at + (*at == '.')) == 0)
        return false;
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        at += 2 + strspn(at + 2, "0123456789abcdefABCDEF");
    } else {
        at += digits(at);
        at += *at == '.';
        at += digits(at);
        if (*at == 'e' || *at == 'E')
            at += 1 + strspn(at + 1, "+-");
        at += digits(at);
    }
    return (size_t)(at + strspn(at, "L") - token->text) == token->length;
}

static bool is_word(const struct token *token)
{
    return strchr(";,(){}[]=\":", *token->text) == NULL;
}

static bool is_literal(const struct token *token)
{
    return *token->text == '"' || is_number(token) ||
           (token->length == 4 && strncasecmp(token->text, "true", 4) == 0) ||
           (token->length == 5 && strncasecmp(token->text, "false", 5) == 0);
}

static char innermost(const struct place *place)
{
    return place->depth == 0 ? '{' : place->open[place->depth - 1];
}

static bool opens(const struct token *token)
{
    return strchr("({[", *token->text) != NULL;
}

static bool closes(const struct token *token)
{
    return strchr(")}]", *token->text) != NULL;
}

/* Takes the token, where it may come; false where it may not. */
static bool take(struct place *place, const struct token *token)
{
    const bool in_group = innermost(place) == '{', was_value = place->state == WANT_SEPARATOR;
    if (closes(token)) {
        if (place->depth == 0 || place->state == WANT_EQUALS ||
            (!was_value && (in_group ? place->state == WANT_VALUE : *place->last.text == ',')))
            return false;
        place->depth--;
        place->state = WANT_SEPARATOR;
    } else if (place->state == WANT_EQUALS) {
        place->state = WANT_VALUE;
        return *token->text == '=' || *token->text == ':';
    } else if (place->state == WANT_VALUE && opens(token)) {
        if (innermost(place) == '[' || place->depth == DEPTH_MOST)
            return false;
        place->open[place->depth++] = *token->text;
        place->state = *token->text == '{' ? WANT_NAME : WANT_VALUE;
    } else if (place->state == WANT_VALUE) {
        place->state = WANT_SEPARATOR;
        return is_literal(token);
    } else if (was_value && *token->text == '"') {
        return *place->last.text == '"'; /* strings that follow each other are one */
    } else if (was_value && (*token->text == ',' || (in_group && *token->text == ';'))) {
        place->state = in_group ? WANT_NAME : WANT_VALUE;
    } else {
        place->state = WANT_EQUALS;
        return in_group && is_word(token);
    }
    return true;
}

static int length_of(const struct token *token)
{
    return token->length > QUOTED_MOST ? QUOTED_MOST : (int)token->length;
}

/* What the token is in that place, which it cannot be in. */
static bool name(const struct place *place, const struct token *token, char *said, size_t size)
{
    const char in = innermost(place), close = in == '{' ? '}' : in == '[' ? ']' : ')';
    const struct token *last = &place->last;
    if (place->state == WANT_VALUE && *token->text == '\'' && token->length > 2)
        return snprintf(said, size, "found %.*s, expected \"%.*s\"", length_of(token), token->text,
                        length_of(token) - 2, token->text + 1) > 0;
    if (place->state == WANT_VALUE && is_word(token))
        return snprintf(said, size, "found %.*s without quotes, expected \"%.*s\"",
                        length_of(token), token->text, length_of(token), token->text) > 0;
    if (opens(token) && place->depth > 0 && (in == '[' || place->state == WANT_NAME))
        return snprintf(said, size, "found \"%c\" in %c %c, expected ( ) around it, as in %s",
                        *token->text, in, close, "( { ... }, { ... } )") > 0;
    if (closes(token) && *last->text == ',' && in != '{')
        return snprintf(said, size, "found a comma before \"%c\", expected none after the last one",
                        *token->text) > 0;
    if (place->state == WANT_EQUALS)
        return snprintf(said, size, "found %.*s without \"=\", expected %.*s = VALUE;",
                        length_of(last), last->text, length_of(last), last->text) > 0;
    if (place->state == WANT_SEPARATOR && *token->text == ';')
        return snprintf(said, size, "found \";\" in %c %c, expected \",\"", in, close) > 0;
    if (place->state == WANT_SEPARATOR && in != '{')
        return snprintf(said, size, "found %.*s, expected a comma before it", length_of(token),
                        token->text) > 0;
    return false;
}

bool mistake_find(const struct source *source, size_t line, char *said, size_t size)
{
    struct place place = {.at = source->text, .last = {.text = ""}}, before;
    const char *from, *end;
    if (line == 0 || line > source->line_count)
        return false;
    from = source->text + source->lines[line - 1].offset;
    end = strchrnul(from, '\n');
    for (;;) {
        struct token token;
        before = place;
        token = next(&place);
        if (token.length == 0 || token.text >= end)
            return false;
        if (!take(&place, &token))
            return token.text >= from && name(&before, &token, said, size);
        place.last = token;
    }
}
