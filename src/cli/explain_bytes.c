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

void explain_bytes(const struct explain_bytes *bytes, const char *prefixes, uint16_t port)
{
    const struct opening_text *text;
    enum opening opening;
    if (bytes == NULL)
        return;
    opening = opening_of(bytes->look, bytes->shown, bytes->total, port);
    text = opening_text(opening);
    if (opening == OPENING_NONE && bytes->shown == bytes->total &&
        prefixes_match(prefixes, bytes->look, bytes->shown))
        explain_line("bytes", "%s is replay-safe: it begins with one of the rule's prefixes",
                     bytes->path);
    else if (opening != OPENING_NONE)
        explain_line("bytes", "%s is replay-safe, %s (%s): %s", bytes->path, text->what, text->name,
                     text->why);
    else if (bytes->shown < bytes->total)
        explain_line("bytes", "%s is not replay-safe: it has %zu bytes, and only %u are inspected",
                     bytes->path, bytes->total, OPENING_LOOK);
    else
        explain_line("bytes",
                     "%s is not replay-safe: it is not a known opening, and may do harm if it is "
                     "delivered twice",
                     bytes->path);
}
