/* SPDX-License-Identifier: MIT */
/* What is said of a trial, as text and as JSON. */
#include "cli/json.h"
#include "cli/paint.h"
#include "cli/probe.h"
#include "cli/util.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

static const struct {
    const char *name; /* for programs */
    const char *text; /* of SYN data */
} fates[FATES] = {
    [FATE_ACKED] = {"acknowledged", "acknowledged in the SYN-ACK"},
    [FATE_ACKED_SILENT] = {"unanswered", "acknowledged in the SYN-ACK, and then not answered"},
    [FATE_ACKED_RESET] = {"reset_later", "acknowledged in the SYN-ACK, and then answered with a "
                                         "reset"},
    [FATE_IGNORED] = {"ignored", "ignored, and sent again after the handshake"},
    [FATE_SWALLOWED] = {"lost", "lost with the SYN, which was sent again"},
    [FATE_RESET] = {"reset", "answered with a reset"},
    [FATE_HELD_BACK] = {"held_back", "not sent: the kernel held it back"},
    [FATE_LOST] = {"no_connection", "lost: no connection in time"},
};

static const struct {
    const char *name;
    const char *plain;   /* connections do so */
    const char *some;    /* so many of them were */
    const char *data;    /* SYNs that carry data */
    const char *request; /* the path does so with SYNs that request a cookie */
} faults[FAULTS] = {
    [FAULT_SYN_LOST] = {"syn_lost", "lose SYNs", "with a lost SYN", "are lost", "drops"},
    [FAULT_FAILED] = {"failed", "are refused or reset", "refused or reset", "are refused or reset",
                      "refuses or resets"},
    [FAULT_SILENT] = {"silent", "time out", "not answered in time", "get no answer",
                      "does not answer"},
};

static const char *const verdict_names[] = {
    [VERDICT_WORKS] = "works",
    [VERDICT_UNREACHABLE] = "unreachable",
    [VERDICT_PLAIN_FAILS] = "plain_fails",
    [VERDICT_REQUEST_MISHANDLED] = "request_mishandled",
    [VERDICT_UNSUPPORTED] = "unsupported",
    [VERDICT_DATA_MISHANDLED] = "data_mishandled",
    [VERDICT_HELD_BACK] = "held_back",
    [VERDICT_IGNORED] = "ignored",
};

/* How often plain connections suffer what is mishandled, or get what it does not. */
static const char *how_often_plain(const struct trial *trial)
{
    const bool never = trial_faults(trial, ATTEMPT_PLAIN, trial->blamed) == 0;
    if (trial->blamed == FAULT_SILENT)
        return never ? "always" : "mostly";
    return never ? "never" : "seldom";
}

/* To be freed. */
static char *verdict_text(const struct trial *trial)
{
    switch (trial->verdict) {
    case VERDICT_WORKS:
        return need_text("Fast Open works here.");
    case VERDICT_UNREACHABLE:
        return need_text("A plain connection fails already: %s.", strerror(trial->all[0].error));
    case VERDICT_PLAIN_FAILS:
        return need_text("Plain connections %s here, too: the fault is not that of Fast Open, and "
                         "whether it works cannot be told.",
                         faults[trial->blamed].plain);
    case VERDICT_REQUEST_MISHANDLED:
        return need_text("The path %s SYNs that request a cookie, and plain ones %s.",
                         faults[trial->blamed].request, how_often_plain(trial));
    case VERDICT_UNSUPPORTED:
        return need_text("The server does not support Fast Open, or the path strips the option "
                         "from the SYN.");
    case VERDICT_DATA_MISHANDLED:
        return need_text("The path or the server mishandles SYNs that carry data: they %s, and "
                         "plain ones %s.",
                         faults[trial->blamed].data, how_often_plain(trial));
    case VERDICT_HELD_BACK:
        return need_text("The kernel does not send data in SYNs now: see \"tfoshim doctor\".");
    default:
        return need_text("Fast Open saves nothing here and does no harm: the server or the path "
                         "ignores the data.");
    }
}

/* The rule that the verdict suggests; to be freed; NULL: none. */
static char *rule_text(const struct trial *trial)
{
    const struct probe *probe = trial->probe;
    const char *key = probe->place.is_numeric ? "address" : "host", *setting;
    if (trial->verdict == VERDICT_DATA_MISHANDLED)
        setting = " fastopen = \"off\";";
    else if (trial->verdict == VERDICT_WORKS)
        setting = probe->kind == PROBE_FILE ? "" : " first_write = \"replay-safe\";";
    else
        return NULL;
    return need_text("{ %s = \"%s\"; port = %u;%s }", key, probe->place.host, probe->endpoint.port,
                     setting);
}

/* ---- times ---- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of those that are compared, and how many they are; NAN: of none. */
static double median_ms(const struct trial *trial, enum attempt_way way, unsigned *count)
{
    double values[PROBE_COUNT_MOST];
    *count = 0;
    for (unsigned i = 0; i < trial->count; i++)
        if (trial->all[i].way == way && trial->all[i].is_timed &&
            trial->all[i].end == ATTEMPT_ANSWERED)
            values[(*count)++] = trial->all[i].answer_ms;
    if (*count == 0)
        return NAN;
    qsort(values, *count, sizeof values[0], compare);
    return *count % 2 == 1 ? values[*count / 2] : (values[*count / 2 - 1] + values[*count / 2]) / 2;
}

/* ---- as text ---- */

static void line(const char *topic, const char *text)
{
    printf("  %-10s  %s\n", topic, text);
}

void probe_print_heading(const struct probe *probe)
{
    static const char *const names[] = {"an HTTP request", "a TLS ClientHello", "the file"};
    char text[PLACE_TEXT_MOST];
    place_endpoint_text(text, &probe->endpoint);
    printf("%s%s%s, sending %s of %zu bytes\n", paint_on(PAINT_HEADING), text, paint_off(),
           names[probe->kind], probe->size);
    fflush(stdout);
}

static void print_cookie(const struct trial *trial)
{
    if (trial->had_cookie)
        line("cookie", "already cached");
    else if (trial->has_cookie)
        line("cookie", "received");
    else if (trial_faults(trial, ATTEMPT_ASK, FAULT_NONE) > 0)
        line("cookie", "none received");
    else if (trial_faults(trial, ATTEMPT_ASK, FAULT_SYN_LOST) > 0)
        line("cookie",
             "none: the SYN that requested one was lost and sent again without the request");
    else
        line("cookie", "none: the SYN that requested one was answered with a reset");
}

static void print_plain(const struct trial *trial)
{
    const unsigned tried = trial_tried(trial, ATTEMPT_PLAIN);
    const unsigned sound = trial_faults(trial, ATTEMPT_PLAIN, FAULT_NONE);
    printf("  %-10s  %u of %u went well\n", "plain", sound, tried);
    for (enum attempt_fault fault = FAULT_SYN_LOST; fault < FAULTS; fault++)
        if (trial_faults(trial, ATTEMPT_PLAIN, fault) > 0)
            printf("  %-10s  %u of %u %s\n", "plain", trial_faults(trial, ATTEMPT_PLAIN, fault),
                   tried, faults[fault].some);
}

static void print_fates(const struct trial *trial)
{
    for (enum attempt_fate fate = 0; fate < FATES; fate++)
        if (trial_fates(trial, fate) > 0)
            printf("  %-10s  %u of %u %s\n", "SYN data", trial_fates(trial, fate),
                   trial_tried(trial, ATTEMPT_FAST), fates[fate].text);
}

static void print_times(const struct trial *trial)
{
    unsigned plain_count, fast_count;
    const double plain = median_ms(trial, ATTEMPT_PLAIN, &plain_count);
    const double fast = median_ms(trial, ATTEMPT_FAST, &fast_count);
    if (!trial->probe->server_answers)
        line("first byte", "the server does not answer the data, so there are no times "
                           "(--data FILE sends other data)");
    else if (plain_count > 0 && fast_count > 0)
        printf("  %-10s  plain %.1f ms, fast %.1f ms (medians of %u and %u): %.1f ms %s\n",
               "first byte", plain, fast, plain_count, fast_count, fabs(plain - fast),
               plain >= fast ? "saved" : "lost");
}

void probe_print_report(const struct trial *trial)
{
    const bool works = trial->verdict == VERDICT_WORKS;
    char *text, *rule;
    if (trial->verdict == VERDICT_UNREACHABLE)
        return;
    print_cookie(trial);
    print_plain(trial);
    if (trial->has_cookie) {
        print_fates(trial);
        print_times(trial);
    }
    text = verdict_text(trial);
    rule = rule_text(trial);
    printf("%s%s%s%s\n", paint_on(works ? PAINT_GOOD : PAINT_BAD), text,
           rule == NULL ? ""
           : works      ? " To enable it:"
                        : " To disable Fast Open here:",
           paint_off());
    if (rule != NULL)
        printf("    %s\n", rule);
    free(text);
    free(rule);
}

/* ---- as JSON ---- */

static void put_attempt(struct json *in, const struct attempt *attempt)
{
    static const char *const ways[ATTEMPT_WAYS] = {"plain", "request", "fast"};
    struct json *one = json_object(in, NULL);
    json_string(one, "way", ways[attempt->way]);
    json_string(one, "fault", faults[attempt->fault].name);
    json_string(one, "error", attempt->error != 0 ? strerror(attempt->error) : NULL);
    json_string(one, "syn_data", attempt->way == ATTEMPT_FAST ? fates[attempt->fate].name : NULL);
    json_number(one, "first_byte_seconds",
                attempt->end == ATTEMPT_ANSWERED ? attempt->answer_ms / 1e3 : NAN);
}

static void put_way(struct json *in, const char *name, const struct trial *trial,
                    enum attempt_way way)
{
    struct json *one = json_object(in, name);
    unsigned count;
    json_integer(one, "tried", trial_tried(trial, way));
    json_integer(one, "sound", trial_faults(trial, way, FAULT_NONE));
    for (enum attempt_fault fault = FAULT_SYN_LOST; fault < FAULTS; fault++)
        json_integer(one, faults[fault].name, trial_faults(trial, way, fault));
    json_number(one, "first_byte_seconds", median_ms(trial, way, &count) / 1e3);
}

static void put_verdict(struct json *in, const struct trial *trial)
{
    char *text = verdict_text(trial), *rule = rule_text(trial);
    json_boolean(in, "fastopen", trial->verdict == VERDICT_WORKS);
    json_string(in, "verdict", verdict_names[trial->verdict]);
    json_string(in, "text", text);
    json_string(in, "rule", rule);
    free(text);
    free(rule);
}

static const char *cookie_name(const struct trial *trial)
{
    if (trial->had_cookie)
        return "cached";
    if (trial->has_cookie)
        return "received";
    return trial->verdict == VERDICT_UNREACHABLE ? NULL : "none";
}

void probe_print_json(const struct trial *trial)
{
    static const char *const kinds[] = {"http", "tls", "file"};
    const struct probe *probe = trial->probe;
    struct json *json = json_new(), *connections;
    char address[PLACE_TEXT_MOST];
    place_address_text(address, probe->endpoint.address);
    json_string(json, "address", address);
    json_integer(json, "port", probe->endpoint.port);
    json_string(json, "sends", kinds[probe->kind]);
    json_integer(json, "size_bytes", probe->size);
    put_verdict(json, trial);
    json_boolean(json, "answers", probe->server_answers);
    json_string(json, "cookie", cookie_name(trial));
    put_way(json, "plain", trial, ATTEMPT_PLAIN);
    put_way(json, "request", trial, ATTEMPT_ASK);
    put_way(json, "fast", trial, ATTEMPT_FAST);
    connections = json_array(json, "connections");
    for (unsigned i = 0; i < trial->count; i++)
        put_attempt(connections, &trial->all[i]);
    json_print(json);
}
