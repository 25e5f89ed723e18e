/* SPDX-License-Identifier: MIT */
#include "cli/attach_listeners.h"
#include "cli/doctor.h"
#include "cli/doctor_process.h"
#include "cli/explain.h"
#include "cli/util.h"
#include "kernel/interface.h"
#include "kernel/netns.h"
#include "kernel/proc.h"
#include "kernel/tcp.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

/* Of one whose policy is known: the same question as the library's, of the same socket. */
static char *policy_reason(const struct patient *patient, const struct attach_listener *listener)
{
    const struct policy_link link = {interface_listening, listener->fd};
    const struct server_verdict verdict =
        policy_server(patient->policy, &listener->endpoint, &link);
    char *decider, *reason;
    if (verdict.fastopen)
        return need_memory(
            strdup("the policy enables it, but the program has switched it off, uses "
                   "io_uring, or does not accept connections from it"));
    decider = explain_decider(patient->policy, verdict.file, verdict.line, "server");
    reason = need_text("the policy does not enable it, %s", decider);
    free(decider);
    return reason;
}

/* Why the library has not set the option. To be freed. */
static char *reason_of(const struct patient *patient, const struct attach_listener *listener)
{
    const char *reason = NULL;
    if (patient->seen.library == NULL)
        reason = "the process does not have the library";
    else if (patient->has_environment && doctor_variable_is_set("TFOSHIM_DISABLE"))
        reason = "TFOSHIM_DISABLE is set";
    else if (patient->has_environment && doctor_variable_is_set("TFOSHIM_DRY_RUN"))
        reason = "TFOSHIM_DRY_RUN is set";
    else if (!tcp_is_tcp(listener->fd))
        reason = "the library leaves listeners of Multipath TCP alone";
    else if (patient->policy == NULL)
        reason = "its policy cannot be read from here";
    return reason != NULL ? need_memory(strdup(reason)) : policy_reason(patient, listener);
}

/* The sysctl is that of the socket's network namespace, which need not be the process's. */
static void examine(const struct patient *patient, const struct attach_listener *listener)
{
    const int queue = tcp_option(listener->fd, TCP_FASTOPEN);
    char place[PLACE_TEXT_MOST], *reason;
    bool is_ours;
    const long bits = fastopen_of_socket(listener->fd, &is_ours);
    const bool is_off = bits >= 0 && !(bits & FASTOPEN_SERVER);
    place_endpoint_text(place, &listener->endpoint);
    if (queue > 0 && is_off) {
        finding(FINDING_PROBLEM, "listener", place,
                "listener %s: has TCP_FASTOPEN, but net.ipv4.tcp_fastopen is %ld in its network "
                "namespace: the kernel accepts no SYN data there",
                place, bits);
    } else if (queue > 0) {
        finding(FINDING_OK, "listener", place,
                "listener %s: accepts SYN data, with a queue of %d%s", place, queue,
                patient->seen.library != NULL ? "" : ", by its program or by \"tfoshim attach\"");
    } else {
        reason = reason_of(patient, listener);
        finding(FINDING_NOTE, "listener", place, "listener %s: accepts no SYN data: %s%s", place,
                reason, is_off ? "; net.ipv4.tcp_fastopen does not allow it either" : "");
        free(reason);
    }
}

bool doctor_listeners(const struct patient *patient)
{
    struct attach_listeners listeners = {.count = 0};
    const bool done = attach_listeners_add(&listeners, patient->pid, false, "doctor");
    for (size_t i = 0; i < listeners.count; i++)
        examine(patient, &listeners.all[i]);
    if (done && listeners.count == 0)
        finding(FINDING_OK, "listener", NULL,
                "listeners: none of its %u sockets listens for TCP connections",
                listeners.passed_over);
    attach_listeners_free(&listeners);
    return done;
}
