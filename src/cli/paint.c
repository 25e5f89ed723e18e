/* SPDX-License-Identifier: MIT */
#include "cli/paint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum { AUTO, ALWAYS, NEVER } choice;

int paint_choose(void *request, const struct verb_option *option, const char *when)
{
    static const char *const words[] = {"auto", "always", "never"};
    (void)request;
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(when, words[i]) == 0) {
            choice = i;
            return EXIT_SUCCESS;
        }
    }
    return option_unexpected(option, when, "\"auto\", \"always\" or \"never\"");
}

static bool wanted(void)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (choice != AUTO)
        return choice == ALWAYS;
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    return (terminal == NULL || strcmp(terminal, "dumb") != 0) && isatty(STDOUT_FILENO);
}

const char *paint_on(enum paint paint)
{
    static const char *const sequences[] = {"\033[1m", "\033[32m", "\033[33m", "\033[1;31m"};
    return wanted() ? sequences[paint] : "";
}

const char *paint_off(void)
{
    return wanted() ? "\033[0m" : "";
}
