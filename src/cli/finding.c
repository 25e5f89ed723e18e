/* SPDX-License-Identifier: MIT */
#include "cli/finding.h"
#include "cli/paint.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned problems;

void finding_section(const char *title)
{
    printf("%s%s%s\n", paint_on(PAINT_HEADING), title, paint_off());
}

void finding(enum finding kind, const char *format, ...)
{
    static const char *const words[] = {"ok", "note", "problem"};
    static const enum paint paints[] = {PAINT_GOOD, PAINT_NOTE, PAINT_BAD};
    va_list arguments;

    if (kind == FINDING_PROBLEM)
        problems++;
    printf("  %s%-7s%s  ", paint_on(paints[kind]), words[kind], paint_off());
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void finding_remedy(const char *label, const char *format, ...)
{
    va_list arguments;

    printf("           %s: ", label);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

unsigned finding_problems(void)
{
    return problems;
}
