/* SPDX-License-Identifier: MIT */
/* Calls that connect, and look up, inside the C library. No packet leaves: what they are told to
 * connect to is an address of the other family, or one that needs no name server. */
#include "answers.h"
#include "rendezvous.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <termios.h>

#define PORT htons(514)
#define NOBODY "nobody", "nobody"

static char address4[] = "127.0.0.1", address6[] = "::1";
static char *host4 = address4, *host6 = address6;
static const struct in_addr loopback = {.s_addr = 0x0100007f};

static const struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
static struct gaicb request = {.ar_name = address4, .ar_request = &numeric};
static struct gaicb *requests[] = {&request};

static void take_request(void)
{
    must(getaddrinfo_a(GAI_NOWAIT, requests, 1, NULL) == 0, "getaddrinfo_a");
}

/* Whether it is still under way is a matter of luck. */
static int suspended(void)
{
    int result = gai_suspend((const struct gaicb *const *)requests, 1, NULL);
    return result == EAI_ALLDONE ? 0 : result;
}

/* A line for each name, with what it answers. */
#define CALLS(ROW)                                                                                 \
    ROW(rcmd, rcmd(&host6, PORT, NOBODY, "true", NULL))                                            \
    ROW(rcmd_af, rcmd_af(&host4, PORT, NOBODY, "true", NULL, AF_INET6))                            \
    ROW(rexec, rexec(&host6, PORT, NOBODY, "true", NULL))                                          \
    ROW(rexec_af, rexec_af(&host4, PORT, NOBODY, "true", NULL, AF_INET6))                          \
    ROW(ruserok, ruserok(address4, 1, NOBODY))                                                     \
    ROW(ruserok_af, ruserok_af(address4, 1, NOBODY, AF_INET))                                      \
    ROW(iruserok, iruserok(loopback.s_addr, 1, NOBODY))                                            \
    ROW(iruserok_af, iruserok_af(&loopback, 1, NOBODY, AF_INET))                                   \
    ROW(getaddrinfo_a, getaddrinfo_a(GAI_WAIT, requests, 1, NULL))                                 \
    ROW(tcdrain, tcdrain(ends[1]))

CALLS(ANSWER)
ANSWER(gai_suspend, suspended())

const struct way remote_ways[] = {
    CALLS(ANSWER_WAY){"gai_suspend", wait_gai_suspend, take_request, NULL, NULL},
    {0},
};
