/* SPDX-License-Identifier: MIT */
/*
 * openings TABLE...: first writes, what they are, and what they become when a byte of them changes.
 * A line of a table is
 *
 *     NAME PORT BYTES
 *
 * NAME is of an opening, or "-" where the bytes must not be taken for any; PORT is the server's, 0
 * for one that says nothing. In BYTES, \xHH, \r, \n, \t, \0 and \\ are as in C, and \xHH*N stands
 * for N of them. A line that begins with # says whose bytes come next.
 */
#include "oracle.h"
#include "policy/openings/texts.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 4096

struct write {
    char name[32];
    uint16_t port;
    size_t size;
    uint8_t bytes[LONGEST];
};

static unsigned failures;
static const char *file;
static unsigned line_number;

static void fail(const char *what, const struct write *write, enum opening found)
{
    fprintf(stderr, "%s:%u: %s: expected %s, found %s\n", file, line_number, what, write->name,
            opening_text(found)->name);
    failures++;
}

/* In a block of exactly its size, so that AddressSanitizer sees any byte read past it. */
static enum opening opening_in_view(const uint8_t *bytes, size_t length, size_t total,
                                    uint16_t port)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    if (!copy)
        err(2, "malloc");
    memcpy(copy, bytes, length);
    enum opening found = opening_of(copy, length, total, port);
    free(copy);
    return found;
}

static enum opening opening_now(const struct write *write)
{
    return opening_in_view(write->bytes, write->size, write->size, write->port);
}

/* What a change has made of it is nothing that is known, or something that may be. */
static void changed(const struct write *write, const char *what)
{
    enum opening found = opening_now(write);
    if (found != OPENING_NONE && !oracle_allows(found, write->bytes, write->size))
        fail(what, write, found);
}

static void change_bytes(const struct write *write)
{
    struct write other = *write;
    for (size_t at = 0; at < write->size; at++) {
        for (unsigned value = 0; value < 256; value++) {
            other.bytes[at] = (uint8_t)value;
            changed(&other, "a byte changed");
        }
        other.bytes[at] = write->bytes[at];
    }
}

static void insert_and_remove(const struct write *write)
{
    static const uint8_t inserted[] = {0, 1, ' ', '\r', '\n', 'A', 0x7f, 0x80, 0xff};
    struct write other = *write;
    for (size_t at = 0; at <= write->size; at++) {
        memcpy(other.bytes, write->bytes, at);
        memcpy(other.bytes + at + 1, write->bytes + at, write->size - at);
        other.size = write->size + 1;
        for (size_t i = 0; i < sizeof inserted; i++) {
            other.bytes[at] = inserted[i];
            changed(&other, "a byte inserted");
        }
        if (at == write->size)
            break;
        memcpy(other.bytes + at, write->bytes + at + 1, write->size - at - 1);
        other.size = write->size - 1;
        changed(&other, "a byte removed");
    }
}

/* Its beginning alone, and twice after itself. */
static void cut_and_double(const struct write *write)
{
    struct write other = *write;
    for (other.size = 0; other.size < write->size; other.size++)
        changed(&other, "cut");
    if (2 * write->size >= LONGEST)
        return;
    memcpy(other.bytes + write->size, write->bytes, write->size);
    other.size = 2 * write->size;
    changed(&other, "doubled");
}

static void test(const struct write *write)
{
    enum opening found = opening_now(write);
    if (strcmp(write->name, found == OPENING_NONE ? "-" : opening_text(found)->name) != 0)
        fail("as it is", write, found);
    if (found == OPENING_NONE)
        return;
    if (!oracle_allows(found, write->bytes, write->size))
        fail("the oracle", write, found);
    found = opening_in_view(write->bytes, write->size, write->size + 1, write->port);
    if (found != OPENING_NONE)
        fail("not all in view", write, found);
    change_bytes(write);
    insert_and_remove(write);
    cut_and_double(write);
}

static int escaped(const char **text)
{
    static const char letters[] = "rnt0\\", values[] = "\r\n\t\0\\";
    const char *letter;
    char digits[3] = {0};
    char *end;
    if (**text == 'x') {
        memcpy(digits, *text + 1, (*text)[1] ? 2 : 1);
        long value = strtol(digits, &end, 16);
        *text += 3;
        return end == digits + 2 ? (int)value : -1;
    }
    letter = **text ? strchr(letters, **text) : NULL;
    ++*text;
    return letter ? (unsigned char)values[letter - letters] : -1;
}

static bool read_bytes(const char *text, struct write *write)
{
    write->size = 0;
    while (*text) {
        bool hexadecimal = strncmp(text, "\\x", 2) == 0;
        int byte = (unsigned char)*text++;
        char *end;
        unsigned long count = 1;
        if (byte == '\\')
            byte = escaped(&text);
        if (hexadecimal && *text == '*') {
            count = strtoul(text + 1, &end, 10);
            text = end;
        }
        if (byte < 0 || count >= LONGEST - write->size)
            return false;
        memset(write->bytes + write->size, byte, count);
        write->size += count;
    }
    return write->size > 0;
}

static bool read_line(char *line, struct write *write)
{
    size_t name = strcspn(line, " ");
    char *end;
    line[strcspn(line, "\n")] = '\0';
    if (name >= sizeof write->name || line[name] != ' ')
        return false;
    memcpy(write->name, line, name);
    write->name[name] = '\0';
    write->port = (uint16_t)strtoul(line + name + 1, &end, 10);
    return *end == ' ' && read_bytes(end + 1, write);
}

static unsigned test_table(void)
{
    static char line[4 * LONGEST];
    static struct write write;
    unsigned count = 0;
    FILE *table = fopen(file, "r");
    if (!table)
        err(2, "%s", file);
    for (line_number = 1; fgets(line, sizeof line, table); line_number++) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (!read_line(line, &write))
            errx(2, "%s:%u: found %s, expected NAME PORT BYTES", file, line_number, line);
        test(&write);
        count++;
    }
    fclose(table);
    return count;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    for (int i = 1; i < argc; i++) {
        file = argv[i];
        count += test_table();
    }
    printf("%u first writes, %u failures\n", count, failures);
    return count == 0 || failures > 0;
}
