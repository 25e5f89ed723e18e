/* SPDX-License-Identifier: MIT */
/* Any bytes as what the kernel writes: a sysctl, /proc/net/netstat, control groups; and as keys.
 * The source itself is included, with the input for its files. */
#include "input.h"

#include <fcntl.h>

static const char *input_path;

#define fopen(path, mode) (fopen)((path) != NULL ? input_path : NULL, mode)
#define open(path, flags) (open)((path) != NULL ? input_path : NULL, flags)
/* Declared under names of their own; those of the project are linked as well. */
#define proc_sysctl fuzzed_sysctl
#define proc_sysctl_number fuzzed_sysctl_number
#define proc_fastopen_words fuzzed_fastopen_words
#define proc_counter fuzzed_counter
#include "kernel/cookie_keys.h"
#include "policy/subject.h"

#include "kernel/proc.c" /* NOLINT(bugprone-suspicious-include) */

/* What is taken for keys is what it is written back as. */
static void ask_keys(const char *text, size_t length)
{
    char again[COOKIE_KEYS_TEXT_SIZE];
    struct cookie_keys keys;
    if (!cookie_keys_read(&keys, text, length))
        return;
    cookie_keys_write(again, &keys);
    if (strncasecmp(text, again, strlen(again)) != 0)
        abort();
}

static const char *cgroups;

static const char *tell_cgroups(void)
{
    return cgroups;
}

/* Whoever is in a unit is in some unit. */
static void ask_cgroups(const char *text, size_t length)
{
    const struct policy_subject subject = {.cgroups = tell_cgroups};
    char *copy = strndup(text, length);
    bool any;
    cgroups = copy;
    any = subject_matches(&subject, SELECT_UNIT, "*");
    if (!any && (subject_matches(&subject, SELECT_UNIT, "*.service") ||
                 subject_matches(&subject, SELECT_UNIT, "a*b*")))
        abort();
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[32], words[PROC_FASTOPEN_WORDS_MOST];
    char *copy = input_block(data, size);
    ask_keys(copy, size);
    ask_cgroups(copy, size);
    free(copy);
    input_path = input_file(data, size);
    if (proc_sysctl("tcp_fastopen", text, sizeof text) && strchr(text, '\n') != NULL)
        abort();
    proc_fastopen_words(words, proc_sysctl_number("tcp_fastopen"));
    if (words[0] == '\0')
        abort();
    (void)proc_counter("TCPFastOpenActive");
    (void)proc_counter("TCPFastOpenBlackhole");
    return 0;
}
