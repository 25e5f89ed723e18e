/* SPDX-License-Identifier: MIT */
/* Looking a name up by the resolver's own calls, by their symbols: headers have other names for
 * them, as the C library once had. */
#include "resolvers.h"
#include "named.h"

#include <netdb.h>
#include <resolv.h>
#include <stddef.h>

#define QUESTION const char *, int, int, unsigned char *, int
#define PARTED const char *, const char *, int, int, unsigned char *, int
#define MESSAGE const unsigned char *, int, unsigned char *, int

NAMED(int, res_query, QUESTION);
NAMED(int, res_search, QUESTION);
NAMED(int, res_querydomain, PARTED);
NAMED(int, res_send, MESSAGE);
NAMED(int, res_nquery, res_state, QUESTION);
NAMED(int, res_nsearch, res_state, QUESTION);
NAMED(int, res_nquerydomain, res_state, PARTED);
NAMED(int, res_nsend, res_state, MESSAGE);

/* Which address has NAME? RFC 1035, 4.1. */
static const unsigned char question[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\6nobody\4test\0\0\1\0\1";
#define SENT question, (int)sizeof question - 1, answer, sizeof answer

static unsigned char answer[512];

#define ASKED ns_c_in, ns_t_a, answer, sizeof answer

/* Its bytes, or why there is no such name. */
#define LOOK_UP(symbol, call)                                                                      \
    static int by_##symbol(void)                                                                   \
    {                                                                                              \
        int size = (call);                                                                         \
        return size < 0 ? -h_errno : size;                                                         \
    }

LOOK_UP(res_query, named_res_query(NAME, ASKED))
LOOK_UP(res_search, named_res_search(NAME, ASKED))
LOOK_UP(res_querydomain, named_res_querydomain("nobody", "test", ASKED))
LOOK_UP(res_send, named_res_send(SENT))
LOOK_UP(res_nquery, named_res_nquery(&_res, NAME, ASKED))
LOOK_UP(res_nsearch, named_res_nsearch(&_res, NAME, ASKED))
LOOK_UP(res_nquerydomain, named_res_nquerydomain(&_res, "nobody", "test", ASKED))
LOOK_UP(res_nsend, named_res_nsend(&_res, SENT))

const struct resolver resolvers[] = {
    {"res_query", by_res_query},
    {"res_search", by_res_search},
    {"res_querydomain", by_res_querydomain},
    {"res_send", by_res_send},
    {"res_nquery", by_res_nquery},
    {"res_nsearch", by_res_nsearch},
    {"res_nquerydomain", by_res_nquerydomain},
    {"res_nsend", by_res_nsend},
    {0},
};
