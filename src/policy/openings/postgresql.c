/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

enum {
    POSTGRESQL_STARTUP = 3 << 16, /* protocol 3.0 */
    POSTGRESQL_SSL_REQUEST = 80877103,
    POSTGRESQL_GSSENC_REQUEST = 80877104
};

/* The number of the parameter whose name begins at `at`, in this list; -1: not known. The first is
 * `user`. */
static int startup_parameter(const struct bytes *b, size_t at, size_t *value)
{
    static const char names[][36] = {
        "user",          "database",          "application_name",
        "DateStyle",     "datestyle",         "client_encoding",
        "TimeZone",      "timezone",          "extra_float_digits",
        "IntervalStyle", "intervalstyle",     "client_min_messages",
        "geqo",          "statement_timeout", "standard_conforming_strings",
        "search_path",   "lock_timeout",      "idle_in_transaction_session_timeout"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size = strlen(names[i]) + 1;
        if (bytes_have(b, at, names[i], size)) {
            *value = at + size;
            return (int)i;
        }
    }
    return -1;
}

/* Skips a string and the zero that ends it; 0 if it has no end. */
static size_t skip_string(const struct bytes *b, size_t at)
{
    const uint8_t *zero = memchr(b->at + at, 0, b->length - at);
    return zero ? (size_t)(zero - b->at) + 1 : 0;
}

/* Names and values up to a zero that is the last byte; each name is known and there once, and the
 * user has one. */
static bool is_startup(const struct bytes *b)
{
    size_t at = 8, value;
    unsigned seen = 0;
    while (at < b->length && b->at[at] != 0) {
        int parameter = startup_parameter(b, at, &value);
        if (parameter < 0 || (seen >> parameter & 1) != 0)
            return false;
        at = skip_string(b, value);
        if (at == 0 || (parameter == 0 && at == value + 1))
            return false;
        seen |= 1u << parameter;
    }
    return at + 1 == b->length && (seen & 1) != 0;
}

/*
 * An SSLRequest, a GSSENCRequest, or a StartupMessage of protocol 3.0 (PostgreSQL 16, 55.2.1 and
 * 55.7). The server says whether it will encrypt; or it asks for authentication, which only the
 * sender can go on with, or has a session that waits for a query, with settings that are that
 * session's alone. Where it asks for nothing ("trust"), an event trigger on login runs (PostgreSQL
 * 17), as it does for any connection that is then given up.
 *
 * A CancelRequest stops another session's query. `replication` makes a session that may stream.
 * `options` is a command line for the server's process, which can name any setting, also one that
 * has a library loaded (55.7, 20.11.3): it is refused, as is every setting that is not listed here,
 * and the protocol's extensions (`_pq_.`).
 */
bool opening_is_postgresql(const struct bytes *b)
{
    if (b->length < 8 || bytes_be32(b->at) != b->length)
        return false;
    switch (bytes_be32(b->at + 4)) {
    case POSTGRESQL_SSL_REQUEST:
    case POSTGRESQL_GSSENC_REQUEST:
        return b->length == 8;
    case POSTGRESQL_STARTUP:
        return is_startup(b);
    default:
        return false;
    }
}
