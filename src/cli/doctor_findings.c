/* SPDX-License-Identifier: MIT */
/* The list of findings, and its two forms. */
#include "cli/doctor.h"
#include "cli/paint.h"
#include "cli/util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REMEDIES_MOST 4

struct remedy {
    const char *label;
    char *text;
};

struct section {
    const char *name;
    char *title;
    size_t first; /* its findings, up to those of the next section */
};

static struct list {
    struct section *sections;
    size_t section_count;
    struct found {
        enum finding status;
        const char *check;
        char *subject; /* or NULL */
        char *text;
        struct remedy remedies[REMEDIES_MOST];
        size_t remedy_count;
    } * all;
    size_t count;
} list;

static const char *const words[] = {"ok", "note", "problem"};

/* ---- what is found ---- */

void doctor_section(const char *name, const char *title)
{
    list.sections = need_room(list.sections, list.section_count + 1, sizeof *list.sections);
    list.sections[list.section_count++] =
        (struct section){.name = name, .title = need_memory(strdup(title)), .first = list.count};
}

static char *__attribute__((format(printf, 1, 0))) text_of(const char *format, va_list arguments)
{
    char *text;
    return need_memory(vasprintf(&text, format, arguments) < 0 ? NULL : text);
}

void finding(enum finding status, const char *check, const char *subject, const char *format, ...)
{
    struct found *found;
    va_list arguments;
    list.all = need_room(list.all, list.count + 1, sizeof *list.all);
    found = &list.all[list.count++];
    *found = (struct found){.status = status, .check = check};
    if (subject != NULL)
        found->subject = need_memory(strdup(subject));
    va_start(arguments, format);
    found->text = text_of(format, arguments);
    va_end(arguments);
}

void finding_remedy(const char *label, const char *format, ...)
{
    struct found *found = list.count > 0 ? &list.all[list.count - 1] : NULL;
    va_list arguments;
    if (found == NULL || found->remedy_count == REMEDIES_MOST)
        abort();
    va_start(arguments, format);
    found->remedies[found->remedy_count++] = (struct remedy){label, text_of(format, arguments)};
    va_end(arguments);
}

unsigned doctor_problems(void)
{
    unsigned problems = 0;
    for (size_t i = 0; i < list.count; i++)
        problems += list.all[i].status == FINDING_PROBLEM;
    return problems;
}

void doctor_drop(void)
{
    for (size_t i = 0; i < list.section_count; i++)
        free(list.sections[i].title);
    for (size_t i = 0; i < list.count; i++) {
        free(list.all[i].subject);
        free(list.all[i].text);
        for (size_t k = 0; k < list.all[i].remedy_count; k++)
            free(list.all[i].remedies[k].text);
    }
    free(list.sections);
    free(list.all);
    list = (struct list){.count = 0};
}

/* ---- how it is said ---- */

static size_t end_of(size_t section)
{
    return section + 1 < list.section_count ? list.sections[section + 1].first : list.count;
}

static void print(const struct found *found)
{
    static const enum paint paints[] = {PAINT_GOOD, PAINT_NOTE, PAINT_BAD};
    printf("  %s%-7s%s  %s\n", paint_on(paints[found->status]), words[found->status], paint_off(),
           found->text);
    for (size_t i = 0; i < found->remedy_count; i++)
        printf("           %s: %s\n", found->remedies[i].label, found->remedies[i].text);
}

void doctor_print_text(void)
{
    for (size_t i = 0; i < list.section_count; i++) {
        printf("%s%s%s\n", paint_on(PAINT_HEADING), list.sections[i].title, paint_off());
        for (size_t k = list.sections[i].first; k < end_of(i); k++)
            print(&list.all[k]);
    }
}

static void put(struct json *in, const char *section, const struct found *found)
{
    struct json *one = json_object(in, NULL), *remedies;
    json_string(one, "section", section);
    json_string(one, "check", found->check);
    json_string(one, "subject", found->subject);
    json_string(one, "status", words[found->status]);
    json_string(one, "text", found->text);
    remedies = json_array(one, "remedies");
    for (size_t i = 0; i < found->remedy_count; i++) {
        struct json *remedy = json_object(remedies, NULL);
        json_string(remedy, "label", found->remedies[i].label);
        json_string(remedy, "text", found->remedies[i].text);
    }
}

void doctor_put_findings(struct json *in)
{
    struct json *all = json_array(in, "findings");
    for (size_t i = 0; i < list.section_count; i++)
        for (size_t k = list.sections[i].first; k < end_of(i); k++)
            put(all, list.sections[i].name, &list.all[k]);
}
