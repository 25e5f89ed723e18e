/* SPDX-License-Identifier: MIT */
/*
 * look-up ADDRESS HOW: connects to itself, writes nothing and looks a name or an address up, at a
 * name server that answers when it has accepted the connection. Several times over. HOW:
 * getaddrinfo gethostbyname gethostbyname2 gethostbyname_r gethostbyname2_r getnameinfo
 * gethostbyaddr gethostbyaddr_r, or one of resolvers.c.
 */
#include "common.h"
#include "resolvers.h"

#include <err.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 3

static int listener, name_server;
static const struct sockaddr_in somebody = {.sin_family = AF_INET,
                                            .sin_addr = {.s_addr = 0x09080706}};

/* "There is no such name", RFC 1035 4.1.1: the question with the bits of an answer. */
static void *accept_and_answer(void *unused)
{
    unsigned char message[512];
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    (void)unused;
    int connection = accept(listener, NULL, NULL);
    ssize_t size =
        recvfrom(name_server, message, sizeof message, 0, (struct sockaddr *)&from, &length);
    if (size < 4)
        err(2, "question");
    message[2] |= 0x80;
    message[3] = 0x80 | NXDOMAIN;
    sendto(name_server, message, (size_t)size, 0, (struct sockaddr *)&from, length);
    close(connection);
    return NULL;
}

static int by_getaddrinfo(void)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    return getaddrinfo(NAME, NULL, &hints, &found);
}

static int by_gethostbyname(void)
{
    return gethostbyname(NAME) == NULL ? h_errno : 0;
}

static int by_gethostbyname2(void)
{
    return gethostbyname2(NAME, AF_INET) == NULL ? h_errno : 0;
}

static int by_gethostbyname2_r(void)
{
    char buffer[1024];
    struct hostent entry, *found;
    int error = 0;
    gethostbyname2_r(NAME, AF_INET, &entry, buffer, sizeof buffer, &found, &error);
    return error;
}

static int by_gethostbyname_r(void)
{
    char buffer[1024];
    struct hostent entry, *found;
    int error = 0;
    gethostbyname_r(NAME, &entry, buffer, sizeof buffer, &found, &error);
    return error;
}

static int by_getnameinfo(void)
{
    char name[256];
    return getnameinfo((const struct sockaddr *)&somebody, sizeof somebody, name, sizeof name, NULL,
                       0, NI_NAMEREQD);
}

static int by_gethostbyaddr(void)
{
    return gethostbyaddr(&somebody.sin_addr, sizeof somebody.sin_addr, AF_INET) == NULL ? h_errno
                                                                                        : 0;
}

static int by_gethostbyaddr_r(void)
{
    char buffer[1024];
    struct hostent entry, *found;
    int error = 0;
    gethostbyaddr_r(&somebody.sin_addr, sizeof somebody.sin_addr, AF_INET, &entry, buffer,
                    sizeof buffer, &found, &error);
    return error;
}

static void one_round(const struct address *self, const char *how, int (*look_up)(void))
{
    pthread_t acceptor;
    pthread_create(&acceptor, NULL, accept_and_answer, NULL);
    int fd = tcp_socket(self, false);
    connect_said(fd, self, false);
    printf("%s: %d\n", how, look_up());
    pthread_join(acceptor, NULL);
    say("close", close(fd));
}

static void set_up(struct address *self)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof at;
    listener = tcp_socket(self, false);
    name_server = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(listener, address_get(self), self->length) != 0 || listen(listener, 5) != 0 ||
        bind(name_server, (struct sockaddr *)&at, sizeof at) != 0 || res_init() != 0)
        err(2, "setting up");
    getsockname(listener, (struct sockaddr *)&self->storage, &self->length);
    getsockname(name_server, (struct sockaddr *)&at, &length);
    _res.nscount = 1;
    _res.nsaddr_list[0] = at;
    /* Once, and for so long: in vain is seen as such. */
    _res.retrans = 10;
    _res.retry = 1;
}

static const struct resolver *find(const struct resolver *list, const char *name)
{
    while (list->name != NULL && strcmp(list->name, name) != 0)
        list++;
    return list->name != NULL ? list : NULL;
}

int main(int argc, char **argv)
{
    static const struct resolver ways[] = {
        {"getaddrinfo", by_getaddrinfo},
        {"gethostbyname", by_gethostbyname},
        {"gethostbyname2", by_gethostbyname2},
        {"gethostbyname_r", by_gethostbyname_r},
        {"gethostbyname2_r", by_gethostbyname2_r},
        {"getnameinfo", by_getnameinfo},
        {"gethostbyaddr", by_gethostbyaddr},
        {"gethostbyaddr_r", by_gethostbyaddr_r},
        {0},
    };
    program_start();
    if (argc != 3)
        errx(2, "usage: look-up ADDRESS HOW");
    struct address self = address_parse(argv[1], "0");
    set_up(&self);
    const struct resolver *way = find(ways, argv[2]);
    way = way != NULL ? way : find(resolvers, argv[2]);
    if (way == NULL)
        errx(2, "no such way: %s", argv[2]);
    for (int round = 0; round < ROUNDS; round++)
        one_round(&self, way->name, way->look_up);
    return 0;
}
