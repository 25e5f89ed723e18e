/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"
#include "kernel/proc.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SETTING "net.ipv4.tcp_fastopen"

/* The initial PID namespace has a number of its own (linux/proc_ns.h). */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

static void set_to(long value, const char *within)
{
    struct statvfs status;
    if (within[0] != '\0') {
        finding_remedy("now", "%ssysctl -w " SETTING "=%ld", within, value);
        return;
    }
    if (statvfs("/proc/sys/net", &status) == 0 && status.f_flag & ST_RDONLY) {
        finding_remedy("outside",
                       "this container cannot set it; its engine can: "
                       "--sysctl " SETTING "=%ld",
                       value);
        return;
    }
    finding_remedy("now", "sysctl -w " SETTING "=%ld", value);
    finding_remedy("always", "echo '" SETTING " = %ld' >/etc/sysctl.d/60-tfoshim.conf", value);
}

/* A cookie is what keeps SYN data from who only says that he is the client. */
static void examine_open_doors(long value, const char *within)
{
    if (value & FASTOPEN_SERVER_NO_COOKIE) {
        finding(
            value & FASTOPEN_SERVER ? FINDING_PROBLEM : FINDING_NOTE, "server_without_cookie", NULL,
            "bit 0x200: servers here accept SYN data without a cookie, also from forged addresses. "
            "They send no cookies, so clients that need one never use Fast Open");
        set_to(value & ~FASTOPEN_SERVER_NO_COOKIE, within);
    }
    if (value & FASTOPEN_SERVER_ALWAYS) {
        finding(value & FASTOPEN_SERVER ? FINDING_PROBLEM : FINDING_NOTE, "server_always", NULL,
                "bit 0x400: every listener accepts SYN data, also of programs that are not under "
                "tfoshim, "
                "which execute a recorded request again when it is replayed");
        set_to(value & ~FASTOPEN_SERVER_ALWAYS, within);
    }
}

void doctor_fastopen(long value, const char *within)
{
    char words[PROC_FASTOPEN_WORDS_MOST];
    proc_fastopen_words(words, value);
    if (value & FASTOPEN_CLIENT) {
        finding(FINDING_OK, "tcp_fastopen", NULL, SETTING " is %ld: %s", value, words);
    } else {
        finding(FINDING_PROBLEM, "tcp_fastopen", NULL,
                SETTING " is %ld: %s: no client can use Fast Open", value, words);
        set_to(value | FASTOPEN_CLIENT | FASTOPEN_SERVER, within);
    }
    if (value & FASTOPEN_CLIENT && !(value & FASTOPEN_SERVER)) {
        finding(FINDING_NOTE, "server_bit", NULL,
                "servers here accept no SYN data: the server bit (2) is not set");
        set_to(value | FASTOPEN_SERVER, within);
    }
    if (value & FASTOPEN_CLIENT_NO_COOKIE)
        finding(FINDING_NOTE, "client_without_cookie", NULL,
                "bit 4: clients send data to servers without having a cookie; a server "
                "that requires one ignores the data, so nothing is saved");
    examine_open_doors(value, within);
}

static void examine_fastopen(void)
{
    const long value = proc_sysctl_number("tcp_fastopen");
    if (value >= 0)
        doctor_fastopen(value, "");
    else
        finding(FINDING_PROBLEM, "tcp_fastopen", NULL,
                SETTING " cannot be read (%s): is /proc mounted?", strerror(errno));
}

/* Only root may read it. All zeroes: none has been made yet. */
static void examine_key(void)
{
    char key[128];
    if (!proc_sysctl("tcp_fastopen_key", key, sizeof key)) {
        if (errno == EACCES || errno == EPERM)
            finding(FINDING_OK, "cookie_key", NULL, "cookie key: only root can see it");
        else
            finding(FINDING_NOTE, "cookie_key", NULL,
                    "cookie key: " SETTING "_key cannot be read: %s", strerror(errno));
    } else if (strspn(key, "0-") == strlen(key)) {
        finding(FINDING_OK, "cookie_key", NULL,
                "cookie key: the kernel creates one when a listener first uses Fast Open");
    } else {
        finding(FINDING_OK, "cookie_key", NULL,
                "cookie key: set%s; servers behind one address must share it "
                "(" SETTING "_key)",
                strchr(key, ',') != NULL ? ", with a backup" : "");
    }
}

static void examine_black_holes(void)
{
    const long seconds = proc_sysctl_number("tcp_fastopen_blackhole_timeout_sec");
    if (seconds < 0)
        finding(FINDING_OK, "black_holes", NULL, "black holes: this kernel does not detect them");
    else if (seconds == 0)
        finding(FINDING_OK, "black_holes", NULL,
                "black holes: the kernel's detection is off (the default)");
    else
        finding(FINDING_NOTE, "black_holes", NULL,
                "black holes: if SYN data seems to get lost, the kernel disables Fast Open for all "
                "clients "
                "of this namespace for %ld s, then for twice as long, ... "
                "(" SETTING "_blackhole_timeout_sec)",
                seconds);
}

/* What the kernel says to these options, or 0. The listener's is only asked for: to set it would
 * make the kernel generate a cookie key. */
static void try_options(int *client, int *server)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP), value = 1;
    socklen_t length = sizeof value;
    if (fd < 0)
        fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    *client = *server = fd < 0 ? errno : 0;
    if (fd < 0)
        return;
    if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &value, sizeof value) != 0)
        *client = errno;
    if (getsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &value, &length) != 0)
        *server = errno;
    close(fd);
}

static void examine_kernel(void)
{
    struct utsname name;
    int client, server;
    try_options(&client, &server);
    uname(&name);
    /* With the client's bit off the kernel refuses the option: that has been said. */
    if (client == 0 || client == EOPNOTSUPP)
        finding(FINDING_OK, "kernel", name.release,
                "kernel %s: can defer a connect (TCP_FASTOPEN_CONNECT)", name.release);
    else if (client == ENOPROTOOPT)
        finding(FINDING_NOTE, "kernel", name.release,
                "kernel %s: cannot defer a connect by itself (TCP_FASTOPEN_CONNECT needs Linux "
                "4.11)",
                name.release);
    else
        finding(FINDING_PROBLEM, "kernel", name.release,
                "kernel %s: a TCP socket with TCP_FASTOPEN_CONNECT is refused: %s", name.release,
                strerror(client));
    if (server != 0)
        finding(FINDING_NOTE, "listener_option", NULL, "listeners cannot have TCP_FASTOPEN: %s",
                strerror(server));
}

static void examine_namespace(void)
{
    char own[64] = "", pid[64] = "", first[64] = "";
    const ssize_t first_length = readlink("/proc/1/ns/net", first, sizeof first - 1);
    if (readlink("/proc/self/ns/net", own, sizeof own - 1) < 0 ||
        readlink("/proc/self/ns/pid", pid, sizeof pid - 1) < 0)
        return;
    if (strcmp(pid, FIRST_PID_NAMESPACE) != 0)
        finding(FINDING_NOTE, "namespace", NULL,
                "this seems to be a container: settings, cookies and counters are "
                "those of its network namespace, not of the host");
    else if (first_length > 0 && strcmp(own, first) != 0)
        finding(FINDING_NOTE, "namespace", NULL,
                "this network namespace is not that of process 1: it has its own settings, "
                "cookies and counters");
}

void doctor_machine(void)
{
    examine_fastopen();
    examine_kernel();
    examine_key();
    examine_black_holes();
    examine_namespace();
}

/* ---- counters ---- */

/* What a counter tells, and what it tells when it is not 0. */
static const struct {
    const char *name;
    const char *meaning;
    const char *trouble; /* NULL: the more the better */
} counters[] = {
    {"TCPFastOpenActive", "connections opened here whose SYN data was acknowledged", NULL},
    {"TCPFastOpenPassive", "connections accepted here with data in the SYN", NULL},
    {"TCPFastOpenActiveFail", "fast opens of clients here that failed",
     "the server or the path did not accept the SYN data, or lost the SYN: \"tfoshim probe "
     "HOST:PORT\" tells which"},
    {"TCPFastOpenPassiveFail", "SYNs with data that servers here did not accept",
     "the cookies were not valid: the key was changed, or the servers behind this address do not "
     "share one"},
    {"TCPFastOpenListenOverflow", "SYNs with data that found a listener's queue full",
     "make the queue of the rule, or the listener's backlog, longer"},
    {"TCPFastOpenCookieReqd", "cookie requests that servers here received", NULL},
    {"TCPFastOpenBlackhole", "how often the kernel suspected a black hole",
     "Fast Open was disabled for all clients here for a while: see "
     "net.ipv4.tcp_fastopen_blackhole_timeout_sec"},
};

void doctor_counters(void)
{
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        const long long value = proc_counter(counters[i].name);
        if (value < 0)
            finding(FINDING_NOTE, "counter", counters[i].name, "%s: not counted by this kernel",
                    counters[i].name);
        else if (value == 0 || counters[i].trouble == NULL)
            finding(FINDING_OK, "counter", counters[i].name, "%s %lld: %s", counters[i].name, value,
                    counters[i].meaning);
        else
            finding(FINDING_NOTE, "counter", counters[i].name, "%s %lld: %s: %s", counters[i].name,
                    value, counters[i].meaning, counters[i].trouble);
    }
}
