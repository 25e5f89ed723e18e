/* SPDX-License-Identifier: MIT */
/* Look-ups, which wait for a name server. The program's own, of names, tell which addresses a
 * rule's `host` means. */
#include "shim/hooks/wait_hook.h"

#include "policy/names.h"
#include "shim/policy_force.h"
#include "shim/shim.h"

#include <arpa/inet.h>
#include <string.h>

/* Once more where another policy has come meanwhile, whose patterns the address is looked up by. */
static void learn(const char *name, const struct endpoint *endpoint)
{
    struct policy_hold hold;
    unsigned changes;
    do {
        changes = policy_changes();
        hold = policy_hold();
        names_learn(hold.policy, name, endpoint);
        policy_release(hold);
    } while (changes != policy_changes());
}

static void learn_list(const char *name, const struct addrinfo *answer)
{
    struct endpoint endpoint, before = {.port = 0};
    for (bool first = true; answer; answer = answer->ai_next)
        if (endpoint_from_sockaddr(&endpoint, answer->ai_addr, answer->ai_addrlen)) {
            learn(name, &endpoint);
            if (!first)
                names_learn_siblings(&before, &endpoint);
            before = endpoint;
            first = false;
        }
}

/* Only a name is waited for, not an address that is written out. */
static void before_look_up(const char *name)
{
    struct in6_addr address;
    if (waiting_concerns_thread() && name && inet_pton(AF_INET, name, &address) != 1 &&
        inet_pton(AF_INET6, name, &address) != 1)
        waiting_before_block(WAIT_GOES_ON);
}

HOOK_WHILE(CONCERN_PROCESS, int, getaddrinfo,
           (const char *name, const char *service, const struct addrinfo *hints,
            struct addrinfo **answer),
           (name, service, hints, answer))
{
    before_look_up(name);
    int result = NEXT(getaddrinfo)(name, service, hints, answer);
    if (result == 0 && name && shim.active)
        learn_list(name, *answer);
    return result;
}

static void learn_host(const char *name, const struct hostent *host)
{
    if (!host || !shim.active)
        return;
    struct endpoint before;
    for (char **address = host->h_addr_list; *address; address++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        bool six = host->h_addrtype == AF_INET6;
        if (six)
            memcpy(&in6.sin6_addr, *address, sizeof in6.sin6_addr);
        else
            memcpy(&in.sin_addr, *address, sizeof in.sin_addr);
        struct endpoint endpoint;
        if (endpoint_from_sockaddr(&endpoint,
                                   six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in,
                                   six ? sizeof in6 : sizeof in)) {
            learn(name, &endpoint);
            if (address != host->h_addr_list)
                names_learn_siblings(&before, &endpoint);
            before = endpoint;
        }
    }
}

HOOK_WHILE(CONCERN_PROCESS, struct hostent *, gethostbyname, (const char *name), (name))
{
    before_look_up(name);
    struct hostent *host = NEXT(gethostbyname)(name);
    learn_host(name, host);
    return host;
}

HOOK_WHILE(CONCERN_PROCESS, struct hostent *, gethostbyname2, (const char *name, int family),
           (name, family))
{
    before_look_up(name);
    struct hostent *host = NEXT(gethostbyname2)(name, family);
    learn_host(name, host);
    return host;
}

HOOK_WHILE(CONCERN_PROCESS, int, gethostbyname_r,
           (const char *name, struct hostent *host, char *buffer, size_t size,
            struct hostent **answer, int *error),
           (name, host, buffer, size, answer, error))
{
    before_look_up(name);
    int result = NEXT(gethostbyname_r)(name, host, buffer, size, answer, error);
    if (result == 0)
        learn_host(name, *answer);
    return result;
}

HOOK_WHILE(CONCERN_PROCESS, int, gethostbyname2_r,
           (const char *name, int family, struct hostent *host, char *buffer, size_t size,
            struct hostent **answer, int *error),
           (name, family, host, buffer, size, answer, error))
{
    before_look_up(name);
    int result = NEXT(gethostbyname2_r)(name, family, host, buffer, size, answer, error);
    if (result == 0)
        learn_host(name, *answer);
    return result;
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, getnameinfo,
           (const struct sockaddr *restrict address, socklen_t length, char *restrict host,
            socklen_t host_size, char *restrict service, socklen_t service_size, int flags),
           (address, length, host, host_size, service, service_size, flags))
{
    if (!(flags & NI_NUMERICHOST) && host)
        waiting_before_block(WAIT_GOES_ON);
    return NEXT(getnameinfo)(address, length, host, host_size, service, service_size, flags);
}

HOOK_WHILE(CONCERN_CONNECTIONS, struct hostent *, gethostbyaddr,
           (const void *address, socklen_t length, int family), (address, length, family))
{
    waiting_before_block(WAIT_GOES_ON);
    return NEXT(gethostbyaddr)(address, length, family);
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, gethostbyaddr_r,
           (const void *restrict address, socklen_t length, int family,
            struct hostent *restrict host, char *restrict buffer, size_t size,
            struct hostent **restrict answer, int *restrict error),
           (address, length, family, host, buffer, size, answer, error))
{
    waiting_before_block(WAIT_GOES_ON);
    return NEXT(gethostbyaddr_r)(address, length, family, host, buffer, size, answer, error);
}

WAIT_HOOK(int, res_query, (const char *name, int class, int type, unsigned char *answer, int size),
          (name, class, type, answer, size))
WAIT_HOOK(int, res_search, (const char *name, int class, int type, unsigned char *answer, int size),
          (name, class, type, answer, size))
WAIT_HOOK(int, res_querydomain,
          (const char *name, const char *domain, int class, int type, unsigned char *answer,
           int size),
          (name, domain, class, type, answer, size))
WAIT_HOOK(int, res_send,
          (const unsigned char *query, int query_size, unsigned char *answer, int size),
          (query, query_size, answer, size))
WAIT_HOOK(int, res_nquery,
          (res_state state, const char *name, int class, int type, unsigned char *answer, int size),
          (state, name, class, type, answer, size))
WAIT_HOOK(int, res_nsearch,
          (res_state state, const char *name, int class, int type, unsigned char *answer, int size),
          (state, name, class, type, answer, size))
WAIT_HOOK(int, res_nquerydomain,
          (res_state state, const char *name, const char *domain, int class, int type,
           unsigned char *answer, int size),
          (state, name, domain, class, type, answer, size))
WAIT_HOOK(int, res_nsend,
          (res_state state, const unsigned char *query, int query_size, unsigned char *answer,
           int size),
          (state, query, query_size, answer, size))

/* Where the C library itself looks up, no hook sees it: what it found stands in the request, once
 * that is through. */
static void learn_request(struct gaicb *request)
{
    if (shim.active && request && request->ar_name && NEXT(gai_error)(request) == 0)
        learn_list(request->ar_name, request->ar_result);
}

static void learn_requests(const struct gaicb *const list[], int count)
{
    for (int i = 0; i < count; i++)
        learn_request((struct gaicb *)list[i]);
}

/* The look-ups are made by threads of the C library's, which wait in the caller's stead. */
HOOK_WHILE(CONCERN_PROCESS, int, getaddrinfo_a,
           (int mode, struct gaicb *list[restrict], int count, struct sigevent *restrict event),
           (mode, list, count, event))
{
    if (mode == GAI_WAIT)
        waiting_before_block(WAIT_GOES_ON);
    int result = NEXT(getaddrinfo_a)(mode, list, count, event);
    if (result == 0 && mode == GAI_WAIT)
        learn_requests((const struct gaicb *const *)list, count);
    return result;
}

HOOK_WHILE(CONCERN_PROCESS, int, gai_suspend,
           (const struct gaicb *const list[], int count, const struct timespec *timeout),
           (list, count, timeout))
{
    waiting_before_block(WAIT_GOES_ON);
    int result = NEXT(gai_suspend)(list, count, timeout);
    learn_requests(list, count);
    return result;
}

#ifdef TFOSHIM_TIME64
HOOK_WHILE(CONCERN_PROCESS, int, __gai_suspend_time64,
           (const struct gaicb *const list[], int count, const struct timespec64 *timeout),
           (list, count, timeout))
{
    waiting_before_block(WAIT_GOES_ON);
    int result = NEXT(__gai_suspend_time64)(list, count, timeout);
    learn_requests(list, count);
    return result;
}
#endif

/* How a program that does not wait learns that a request is through. */
HOOK_WHILE(CONCERN_PROCESS, int, gai_error, (struct gaicb * request), (request))
{
    int result = NEXT(gai_error)(request);
    if (result == 0)
        learn_request(request);
    return result;
}
