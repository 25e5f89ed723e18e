/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/util.h"
#include "policy/openings/texts.h"
#include "policy/prefixes.h"

#include <stdio.h>

bool explain_read_bytes(struct explain_bytes *bytes, const char *path)
{
    FILE *file = fopen(path, "re");
    bool read;
    if (file == NULL) {
        complain_errno("explain: %s", path);
        return false;
    }
    bytes->path = path;
    bytes->shown = fread(bytes->look, 1, sizeof bytes->look, file);
    bytes->total = bytes->shown;
    while (fgetc(file) != EOF)
        bytes->total++;
    read = !ferror(file);
    if (!read)
        complain_errno("explain: %s", path);
    else if (bytes->total == 0)
        complain("explain: %s: found no bytes, expected a first write", path);
    fclose(file);
    return read && bytes->total > 0;
}

/* Also says why. */
static char *text_of(const struct explain_bytes *bytes, enum opening opening, bool has_prefix)
{
    const struct opening_text *text = opening_text(opening);
    if (has_prefix)
        return need_text("%s is replay-safe: it begins with one of the rule's prefixes",
                         bytes->path);
    if (opening != OPENING_NONE)
        return need_text("%s is replay-safe, %s (%s): %s", bytes->path, text->what, text->name,
                         text->why);
    if (bytes->shown < bytes->total)
        return need_text("%s is not replay-safe: it has %zu bytes, and only %u are inspected",
                         bytes->path, bytes->total, OPENING_LOOK);
    return need_text("%s is not replay-safe: it is not a known opening, and may do harm if it is "
                     "delivered twice",
                     bytes->path);
}

struct explain_safety explain_safety(const struct explain_bytes *bytes, const char *prefixes,
                                     uint16_t port)
{
    struct explain_safety safety = {.bytes = bytes};
    enum opening opening;
    bool has_prefix;
    if (bytes == NULL)
        return safety;
    opening = opening_of(bytes->look, bytes->shown, bytes->total, port);
    has_prefix = opening == OPENING_NONE && bytes->shown == bytes->total &&
                 prefixes_match(prefixes, bytes->look, bytes->shown);
    safety.is_safe = opening != OPENING_NONE || has_prefix;
    if (opening != OPENING_NONE)
        safety.opening = opening_text(opening)->name;
    safety.text = text_of(bytes, opening, has_prefix);
    return safety;
}

void explain_print_safety(const struct explain_safety *safety)
{
    if (safety->bytes != NULL)
        explain_line("bytes", "%s", safety->text);
}

void explain_put_safety(struct json *in, const struct explain_safety *safety)
{
    struct json *one;
    if (safety->bytes == NULL) {
        json_null(in, "bytes");
        return;
    }
    one = json_object(in, "bytes");
    json_string(one, "file", safety->bytes->path);
    json_integer(one, "size_bytes", safety->bytes->total);
    json_boolean(one, "replay_safe", safety->is_safe);
    json_string(one, "opening", safety->opening);
    json_string(one, "text", safety->text);
}
