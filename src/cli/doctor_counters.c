/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"
#include "cli/finding.h"
#include "cli/machine.h"

#include <stddef.h>

/* What a counter tells, and what it tells when it is not 0. */
static const struct {
    const char *name;
    const char *meaning;
    const char *trouble; /* NULL: the more the better */
} counters[] = {
    {"TCPFastOpenActive", "connections opened here whose SYN data was acknowledged", NULL},
    {"TCPFastOpenPassive", "connections accepted here with data in the SYN", NULL},
    {"TCPFastOpenActiveFail", "fast opens of clients here that failed",
     "the server or the path did not take the SYN's data, or lost the SYN: \"tfoshim probe "
     "HOST:PORT\" tells which"},
    {"TCPFastOpenPassiveFail", "SYNs with data that servers here did not take",
     "their cookies were not valid: the key has changed, or the servers behind this address do not "
     "share one"},
    {"TCPFastOpenListenOverflow", "SYNs with data that found a listener's queue full",
     "make the queue of the rule, or the listener's backlog, longer"},
    {"TCPFastOpenCookieReqd", "requests for a cookie that servers here have got", NULL},
    {"TCPFastOpenBlackhole", "times that the kernel suspected a black hole",
     "for a while every client here has connected plainly: see "
     "net.ipv4.tcp_fastopen_blackhole_timeout_sec"},
};

void doctor_counters(void)
{
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        const long long value = machine_counter(counters[i].name);

        if (value < 0)
            finding(FINDING_NOTE, "%s: not counted by this kernel", counters[i].name);
        else if (value == 0 || counters[i].trouble == NULL)
            finding(FINDING_OK, "%s %lld: %s", counters[i].name, value, counters[i].meaning);
        else
            finding(FINDING_NOTE, "%s %lld: %s: %s", counters[i].name, value, counters[i].meaning,
                    counters[i].trouble);
    }
}
