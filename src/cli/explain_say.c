/* SPDX-License-Identifier: MIT */
/* What explanations of connects and of listeners have in common, as text and as JSON. */
#include "cli/explain.h"
#include "cli/paint.h"
#include "cli/util.h"
#include "kernel/proc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void explain_print_heading(const struct endpoint *endpoint)
{
    char text[PLACE_TEXT_MOST];
    place_endpoint_text(text, endpoint);
    printf("%s%s%s\n", paint_on(PAINT_HEADING), text, paint_off());
}

void explain_line(const char *topic, const char *format, ...)
{
    va_list arguments;
    printf("  %-6s  ", topic);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

char *explain_sysctl(long fastopen)
{
    char words[PROC_FASTOPEN_WORDS_MOST];
    if (fastopen < 0)
        return need_text("net.ipv4.tcp_fastopen cannot be read");
    proc_fastopen_words(words, fastopen);
    return need_text("net.ipv4.tcp_fastopen is %ld: %s", fastopen, words);
}

void explain_put_endpoint(struct json *in, const struct endpoint *endpoint)
{
    char text[PLACE_TEXT_MOST];
    place_address_text(text, endpoint->address);
    json_string(in, "address", text);
    json_integer(in, "port", endpoint->port);
}

/* ---- who decides ---- */

char *explain_decider(const struct policy *policy, const char *file, uint32_t line,
                      const char *group)
{
    const char *path = policy_path(policy);
    if (line != 0)
        return need_text("by the rule at %s:%u", file, line);
    if (path != NULL)
        return need_text("by the default of \"%s\" in %s: no rule matches", group, path);
    return need_text("by the built-in policy: there is no configuration file");
}

void explain_put_decider(struct json *in, const struct policy *policy, const char *file,
                         uint32_t line)
{
    const char *path = policy_path(policy);
    if (line != 0)
        json_string(in, "decided_by", "rule");
    else
        json_string(in, "decided_by", path != NULL ? "default" : "built-in");
    json_string(in, "file", line != 0 ? file : path);
    json_count(in, "line", line != 0 ? (long long)line : -1);
}

/* Without a file both groups are on, so there is one wherever this is asked. */
char *explain_how_to_enable(const struct explanation *explanation, const char *file, uint32_t line,
                            const char *group)
{
    const struct place *place = explanation->place;
    const char *key = place->is_numeric ? "address" : "host";
    if (line != 0)
        return need_text("put { %s = \"%s\"; port = %u; } before the rule at %s:%u", key,
                         place->host, place->port, file, line);
    return need_text("add { %s = \"%s\"; port = %u; } to the rules of \"%s\" in %s", key,
                     place->host, place->port, group, policy_path(explanation->policy));
}

/* ---- what would happen ---- */

void explain_print_outcome(const struct explain_outcome *outcome)
{
    explain_line("now", "%s", outcome->now);
    if (outcome->note != NULL)
        explain_line("", "%s", outcome->note);
    if (outcome->to_do != NULL)
        explain_line("to do", "%s", outcome->to_do);
}

void explain_put_outcome(struct json *in, const struct explain_outcome *outcome)
{
    json_boolean(in, "fastopen", outcome->fastopen);
    json_string(in, "reason", outcome->reason);
    json_string(in, "now", outcome->now);
    json_string(in, "note", outcome->note);
    json_string(in, "to_do", outcome->to_do);
}

void explain_drop_outcome(struct explain_outcome *outcome)
{
    free(outcome->now);
    free(outcome->note);
    free(outcome->to_do);
}
