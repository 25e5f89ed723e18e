/* SPDX-License-Identifier: MIT */
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interpret.h"

/*
 * Executes a program of socket operations, a line each, and traces what each gave.
 *
 *   interpret PROGRAM TRACE [FIRST LAST LABEL SLOT:FD:FAMILY...]
 *
 * The longer form is for its own use: an image that exec or spawn made goes on with a part of the
 * program.
 */
struct line lines[LINES_MAX];
int line_count;
struct slot slots[SLOTS_MAX];
const char *program_path;
const char *trace_path;

static const struct operation *const families[] = {
    socket_operations, option_operations,  write_operations,  read_operations,
    wait_operations,   process_operations, thread_operations,
};

static void parse_line(struct line *line, char *text)
{
    char *rest = NULL;
    text[strcspn(text, "#\n")] = '\0';
    for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
        if (line->count == 0 && !line->number && strcmp(word, "number") == 0)
            line->number = true;
        else if (line->count < WORDS_MAX)
            line->word[line->count++] = strdup(word);
}

static void program_read(const char *path)
{
    FILE *file = fopen(path, "re");
    char text[256];
    if (!file)
        err(2, "cannot open %s", path);
    while (line_count < LINES_MAX && fgets(text, sizeof text, file))
        parse_line(&lines[line_count++], text);
    fclose(file);
}

int block_end(int at)
{
    int depth = 0;
    for (int i = at; i < line_count; i++) {
        const char *word = lines[i].count ? lines[i].word[0] : "";
        if (strcmp(word, "fork") == 0 || strcmp(word, "thread") == 0 ||
            strcmp(word, "spawn") == 0 || strcmp(word, "vfork") == 0)
            depth++;
        if (strcmp(word, "end") == 0 && --depth == 0)
            return i;
    }
    errx(2, "cannot find the end of the block of line %d", at + 1);
}

static const struct operation *find(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        for (const struct operation *one = families[i]; one->name; one++)
            if (strcmp(one->name, name) == 0)
                return one;
    errx(2, "cannot run %s: no such operation", name);
}

void run_lines(struct run *run)
{
    for (; run->at < run->last && !run->ended; run->at++) {
        const struct line *line = &lines[run->at];
        struct run before;
        long began;
        if (!line->count)
            continue;
        before = *run;
        run->said[0] = '\0';
        began = now_us();
        find(line->word[0])->perform(run, line);
        before.at = (int)(line - lines);
        memcpy(before.said, run->said, sizeof before.said);
        trace_line(&before, now_us() - began);
    }
}

static void slots_take(int count, char **words)
{
    for (int i = 0; i < SLOTS_MAX; i++)
        slots[i].fd = -1;
    for (int i = 0; i < count; i++) {
        char *rest;
        long index = strtol(words[i], &rest, 10);
        long fd = *rest ? strtol(rest + 1, &rest, 10) : -1;
        long family = *rest ? strtol(rest + 1, &rest, 10) : -1;
        if (family >= 0 && index >= 0 && index < SLOTS_MAX)
            slots[index] = (struct slot){.fd = (int)fd, .family = (int)family};
    }
}

int main(int argc, char **argv)
{
    struct run run = {.label = "main"};
    if (argc < 3)
        errx(2, "cannot run: a program and a trace are needed");
    program_path = argv[1];
    trace_path = argv[2];
    trace_open(trace_path);
    program_read(program_path);
    slots_take(argc > 6 ? argc - 6 : 0, argv + 6);
    run.last = line_count;
    if (argc > 5) {
        run.at = (int)strtol(argv[3], NULL, 10);
        run.last = (int)strtol(argv[4], NULL, 10);
        snprintf(run.label, sizeof run.label, "%s", argv[5]);
    }
    run_lines(&run);
    return 0;
}
