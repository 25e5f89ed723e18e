/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/machine.h"

#include <stdio.h>
#include <stdlib.h>

static void show_verdict(const struct explanation *explanation,
                         const struct server_verdict *verdict)
{
    char *decider = explain_decider(explanation->policy, verdict->file, verdict->line, "server");

    if (!verdict->fastopen)
        explain_line("policy", "off, %s", decider);
    else if (verdict->queue > 0)
        explain_line("policy", "on with a queue of %u, %s", verdict->queue, decider);
    else
        explain_line("policy", "on with a queue as long as the backlog, %s", decider);
    free(decider);
}

void explain_server(const struct explanation *explanation, const struct endpoint *endpoint)
{
    const struct server_verdict verdict = policy_server(explanation->policy, endpoint);
    long fastopen = machine_sysctl_number("tcp_fastopen");
    char *bits = machine_fastopen_bits(fastopen < 0 ? 0 : fastopen);

    show_verdict(explanation, &verdict);
    explain_line("kernel", "net.ipv4.tcp_fastopen is %ld: %s", fastopen, bits);
    free(bits);
    if (fastopen < 0)
        fastopen = 0;
    if (!(fastopen & FASTOPEN_SERVER)) {
        explain_line("now", "an ordinary listener: the kernel's server part is off");
        explain_line("to do", "sysctl -w net.ipv4.tcp_fastopen=%ld", fastopen | FASTOPEN_SERVER);
    } else if (verdict.fastopen || fastopen & FASTOPEN_SERVER_ALWAYS) {
        explain_line("now", "a listener that takes data in SYNs%s",
                     fastopen & FASTOPEN_SERVER_NO_COOKIE
                         ? ", and hands out no cookies (0x200): most clients will send none"
                         : ", and hands out cookies");
    } else {
        explain_line("now", "an ordinary listener");
        explain_how_to_enable(explanation, verdict.file, verdict.line, "server");
    }
}
