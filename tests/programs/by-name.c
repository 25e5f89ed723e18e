/* SPDX-License-Identifier: MIT */
/*
 * by-name HOW NAME PORT [4|6]: looks a host up the way HOW says, connects to its first address (of
 * that family, 4 unless given), writes, half-closes and reads to the end. HOW: getaddrinfo, or with
 * "-idn" behind it (AI_IDN), getaddrinfo_a-wait, getaddrinfo_a-suspend, getaddrinfo_a-signal,
 * gethostbyname, gethostbyname2, and these with "_r".
 */
#include "common.h"

#include <err.h>
#include <locale.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *name, *port;
static int family = AF_INET;

static struct address from_hostent(const struct hostent *found)
{
    if (found == NULL)
        errx(1, "not found: %s", hstrerror(h_errno));
    struct address address = {.length = sizeof(struct sockaddr_in)};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address.storage;
    in_port_t to = htons((in_port_t)strtoul(port, NULL, 10));
    if (found->h_addrtype == AF_INET6) {
        address.length = sizeof *v6;
        *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = to};
        memcpy(&v6->sin6_addr, found->h_addr_list[0], sizeof v6->sin6_addr);
        return address;
    }
    *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = to};
    memcpy(&v4->sin_addr, found->h_addr_list[0], sizeof v4->sin_addr);
    return address;
}

static struct address by_gethostbyname(void)
{
    return from_hostent(gethostbyname(name));
}

static struct address by_gethostbyname2(void)
{
    return from_hostent(gethostbyname2(name, family));
}

static char buffer[4096];
static struct hostent entry, *entry_found;
static int error_found;

static struct address by_gethostbyname_r(void)
{
    gethostbyname_r(name, &entry, buffer, sizeof buffer, &entry_found, &error_found);
    return from_hostent(entry_found);
}

static struct address by_gethostbyname2_r(void)
{
    gethostbyname2_r(name, family, &entry, buffer, sizeof buffer, &entry_found, &error_found);
    return from_hostent(entry_found);
}

static struct address from_list(int error, struct addrinfo *found)
{
    if (error != 0)
        errx(1, "%s: %s", name, gai_strerror(error));
    struct address address = {.length = found->ai_addrlen};
    memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return address;
}

static struct address by_getaddrinfo_with(int flags)
{
    const struct addrinfo hints = {
        .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(name, port, &hints, &found);
    return from_list(error, found);
}

static struct address by_getaddrinfo(void)
{
    return by_getaddrinfo_with(0);
}

static struct address by_getaddrinfo_idn(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    return by_getaddrinfo_with(AI_IDN);
}

static struct addrinfo request_hints = {.ai_socktype = SOCK_STREAM};
static struct gaicb request;
static struct gaicb *requests[] = {&request};

static void ask(int mode, struct sigevent *event)
{
    request_hints.ai_family = family;
    request = (struct gaicb){.ar_name = name, .ar_service = port, .ar_request = &request_hints};
    int error = getaddrinfo_a(mode, requests, 1, event);
    if (error != 0)
        errx(1, "getaddrinfo_a: %s", gai_strerror(error));
}

static struct address by_getaddrinfo_a_wait(void)
{
    ask(GAI_WAIT, NULL);
    return from_list(request.ar_result == NULL ? EAI_FAIL : 0, request.ar_result);
}

static struct address by_getaddrinfo_a_suspend(void)
{
    ask(GAI_NOWAIT, NULL);
    while (gai_suspend((const struct gaicb *const *)requests, 1, NULL) == EAI_INTR) {}
    return from_list(request.ar_result == NULL ? EAI_FAIL : 0, request.ar_result);
}

static struct address by_getaddrinfo_a_signal(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    ask(GAI_NOWAIT, &event);
    sigwaitinfo(&set, NULL);
    int error = gai_error(&request);
    return from_list(error, request.ar_result);
}

static const struct {
    const char *how;
    struct address (*look_up)(void);
} ways[] = {
    {"getaddrinfo", by_getaddrinfo},
    {"getaddrinfo-idn", by_getaddrinfo_idn},
    {"getaddrinfo_a-wait", by_getaddrinfo_a_wait},
    {"getaddrinfo_a-suspend", by_getaddrinfo_a_suspend},
    {"getaddrinfo_a-signal", by_getaddrinfo_a_signal},
    {"gethostbyname", by_gethostbyname},
    {"gethostbyname2", by_gethostbyname2},
    {"gethostbyname_r", by_gethostbyname_r},
    {"gethostbyname2_r", by_gethostbyname2_r},
};

static struct address look_up(const char *how)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(how, ways[i].how) == 0)
            return ways[i].look_up();
    errx(2, "no such way: %s", how);
}

int main(int argc, char **argv)
{
    program_start();
    if (argc < 4 || argc > 5)
        errx(2, "usage: by-name HOW NAME PORT [4|6]");
    name = argv[2];
    port = argv[3];
    family = argc > 4 && strcmp(argv[4], "6") == 0 ? AF_INET6 : AF_INET;
    struct address peer = look_up(argv[1]);
    int fd = tcp_socket(&peer, false);
    if (!connect_said(fd, &peer, false))
        return 1;
    write_said(fd, (const unsigned char *)"hello", 5);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
    return 0;
}
