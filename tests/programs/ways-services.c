/* SPDX-License-Identifier: MIT */
/* Looking up services, protocols, networks and hosts of this network. Files answer here, at once;
 * elsewhere a server may. */
#include "answers.h"
#include "rendezvous.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <rpc/netdb.h>
#include <unistd.h>

#define LOOPBACK_NETWORK 0x7f000000

static int error;
static struct ether_addr card = {{2, 0, 0, 0, 0, 1}};

/* A line for each name, with what it answers. */
#define LOOK_UPS(ROW)                                                                              \
    ROW(getservbyname, getservbyname("http", "tcp") != NULL)                                       \
    ROW(getservbyname_r, INTO(servent, getservbyname_r("http", "tcp", FOUND)))                     \
    ROW(getservbyport, getservbyport(htons(80), "tcp") != NULL)                                    \
    ROW(getservbyport_r, INTO(servent, getservbyport_r(htons(80), "tcp", FOUND)))                  \
    ROW(getservent, getservent() != NULL)                                                          \
    ROW(getservent_r, INTO(servent, getservent_r(FOUND)))                                          \
    ROW(getprotobyname, getprotobyname("tcp") != NULL)                                             \
    ROW(getprotobyname_r, INTO(protoent, getprotobyname_r("tcp", FOUND)))                          \
    ROW(getprotobynumber, getprotobynumber(6) != NULL)                                             \
    ROW(getprotobynumber_r, INTO(protoent, getprotobynumber_r(6, FOUND)))                          \
    ROW(getprotoent, getprotoent() != NULL)                                                        \
    ROW(getprotoent_r, INTO(protoent, getprotoent_r(FOUND)))                                       \
    ROW(getrpcbyname, getrpcbyname("portmapper") != NULL)                                          \
    ROW(getrpcbyname_r, INTO(rpcent, getrpcbyname_r("portmapper", FOUND)))                         \
    ROW(getrpcbynumber, getrpcbynumber(100000) != NULL)                                            \
    ROW(getrpcbynumber_r, INTO(rpcent, getrpcbynumber_r(100000, FOUND)))                           \
    ROW(getrpcent, getrpcent() != NULL)                                                            \
    ROW(getrpcent_r, INTO(rpcent, getrpcent_r(FOUND)))                                             \
    ROW(getnetbyname, getnetbyname("loopback") != NULL)                                            \
    ROW(getnetbyname_r, INTO(netent, getnetbyname_r("loopback", FOUND, &error)))                   \
    ROW(getnetbyaddr, getnetbyaddr(LOOPBACK_NETWORK, AF_INET) != NULL)                             \
    ROW(getnetbyaddr_r, INTO(netent, getnetbyaddr_r(LOOPBACK_NETWORK, AF_INET, FOUND, &error)))    \
    ROW(getnetent, getnetent() != NULL)                                                            \
    ROW(getnetent_r, INTO(netent, getnetent_r(FOUND, &error)))                                     \
    ROW(gethostent, gethostent() != NULL)                                                          \
    ROW(gethostent_r, INTO(hostent, gethostent_r(FOUND, &error)))                                  \
    ROW(gethostid, gethostid())                                                                    \
    ROW(ether_hostton, ether_hostton("localhost", &card))                                          \
    ROW(ether_ntohost, ether_ntohost(answer_buffer, &card))

LOOK_UPS(ANSWER)

const struct way service_ways[] = {LOOK_UPS(ANSWER_WAY){0}};
