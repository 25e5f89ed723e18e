/* SPDX-License-Identifier: MIT */
#include "cli/paint.h"
#include "cli/probe.h"

#include <stdio.h>
#include <stdlib.h>

static void line(const char *topic, const char *text)
{
    printf("  %-10s  %s\n", topic, text);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double values[], unsigned count)
{
    qsort(values, count, sizeof(values[0]), compare);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void show_times(const struct probe *probe, struct probe_tally *tally)
{
    double plain, fast;

    if (!probe->server_answers) {
        line("first byte", "the server does not answer what was sent, so there are no times "
                           "(--data FILE sends something else)");
        return;
    }
    if (tally->plain_count == 0 || tally->fast_count == 0)
        return;
    plain = median(tally->plain_ms, tally->plain_count);
    fast = median(tally->fast_ms, tally->fast_count);
    printf("  %-10s  plain %.1f ms, fast %.1f ms (medians of %u and %u): %.1f ms %s\n",
           "first byte", plain, fast, tally->plain_count, tally->fast_count,
           plain > fast ? plain - fast : fast - plain, plain >= fast ? "saved" : "lost");
}

static void show_fates(const struct probe_tally *tally)
{
    const struct {
        unsigned count;
        const char *text;
    } fates[] = {
        {tally->acked, "acknowledged in the SYN-ACK"},
        {tally->ignored, "ignored, and sent again after the handshake"},
        {tally->swallowed, "lost with its SYN, which had to be sent again"},
        {tally->reset, "answered with a reset"},
        {tally->no_cookie, "not sent: the kernel held it back"},
        {tally->lost, "lost: no connection in time"},
    };

    for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++)
        if (fates[i].count > 0)
            printf("  %-10s  %u of %u %s\n", "SYN data", fates[i].count, tally->tried,
                   fates[i].text);
}

static void show_rule(const struct probe *probe, bool on)
{
    const char *first_write = probe->kind == PROBE_FILE ? "" : " first_write = \"replay-safe\";";

    printf("    { %s = \"%s\"; port = %u;%s }\n", probe->place.is_numeric ? "address" : "host",
           probe->place.host, probe->endpoint.port, on ? first_write : " fastopen = \"off\";");
}

static void show_verdict(bool works, const char *text)
{
    printf("%s%s%s\n", paint_on(works ? PAINT_GOOD : PAINT_BAD), text, paint_off());
}

bool probe_report(const struct probe *probe, struct probe_tally *tally)
{
    const bool works = tally->acked * 2 > tally->tried;

    show_fates(tally);
    show_times(probe, tally);
    if (works) {
        show_verdict(true, "Fast Open works here. A rule for it:");
        show_rule(probe, true);
    } else if (tally->swallowed + tally->reset + tally->lost > 0) {
        show_verdict(false, "Something on the way, or the server, does not bear data in SYNs. A "
                            "rule to keep clear of it:");
        show_rule(probe, false);
    } else if (tally->no_cookie > 0) {
        show_verdict(false, "The kernel does not send data in SYNs now: see \"tfoshim doctor\".");
    } else {
        show_verdict(false,
                     "Fast Open does no harm here and saves nothing: the server, or something "
                     "on the way, ignores the data.");
    }
    return works;
}

void probe_report_no_cookie(bool syn_lost)
{
    if (syn_lost) {
        line("cookie", "none: the SYN that asked for one had to be sent again without asking");
        show_verdict(false, "Something on the way loses SYNs that ask for a cookie.");
    } else {
        line("cookie", "none was given");
        show_verdict(false,
                     "The server does not offer Fast Open, or something on the way removes it "
                     "from the SYN.");
    }
}
