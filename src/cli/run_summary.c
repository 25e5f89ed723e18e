/* SPDX-License-Identifier: MIT */
#include "cli/run_summary.h"
#include "cli/util.h"
#include "memory/run_figures.h"

#include <inttypes.h>

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* Every deferred connect was opened with data, or started without; or the program left it. */
static void say_clients(const char *what, bool is_dry)
{
    const uint64_t connects = run_figures_get(RUN_CONNECTS);
    complain("%s: %" PRIu64 " connect%s enabled by the policy: %" PRIu64 " %s, %" PRIu64
             " not; SYNs with data: %" PRIu64 ", without: %" PRIu64,
             what, connects, plural(connects), run_figures_get(RUN_DEFERRED),
             is_dry ? "would have been deferred" : "deferred",
             connects - run_figures_get(RUN_DEFERRED), run_figures_get(RUN_OPENED),
             run_figures_get(RUN_STARTED));
}

static void say_gain(const char *what, bool is_dry)
{
    const uint64_t saved = run_figures_get(RUN_ACCEPTED);
    complain("%s: %" PRIu64 " round trip%s %s, %.1f ms in all%s", what, saved, plural(saved),
             is_dry ? "would have been saved" : "saved", run_figures_get(RUN_SAVED_US) / 1e3,
             is_dry ? ", if the servers support Fast Open: see tfoshim probe" : "");
}

static void say_listeners(const char *what, bool is_dry)
{
    const uint64_t listeners = run_figures_get(RUN_LISTENERS);
    const uint64_t taken = run_figures_get(RUN_TAKEN);
    if (is_dry)
        complain("%s: %" PRIu64 " listener%s would have accepted SYN data", what, listeners,
                 plural(listeners));
    else
        complain("%s: %" PRIu64 " listener%s accepted SYN data: %" PRIu64
                 " connection%s with data, %" PRIu64 " guarded, %" PRIu64 " of these unproved",
                 what, listeners, plural(listeners), taken, plural(taken),
                 run_figures_get(RUN_GUARDED), run_figures_get(RUN_UNPROVED));
}

static void say_lost(const char *what)
{
    const uint64_t lost = run_figures_get(RUN_LINES_LOST);
    if (lost > 0)
        complain("%s: %" PRIu64 " log line%s could not be written: see tfoshim check", what, lost,
                 plural(lost));
}

void run_summary(bool is_dry)
{
    const char *what = is_dry ? "dry run" : "run";
    const bool connects = run_figures_get(RUN_CONNECTS) > 0;
    const bool listeners = run_figures_get(RUN_LISTENERS) > 0;
    if (run_figures_get(RUN_PROGRAMS) == 0)
        complain("%s: no program loaded the library: see tfoshim doctor PROGRAM", what);
    else if (!connects && !listeners)
        complain("%s: nothing matched the policy: see tfoshim explain", what);
    if (connects) {
        say_clients(what, is_dry);
        say_gain(what, is_dry);
    }
    if (listeners)
        say_listeners(what, is_dry);
    say_lost(what);
}
