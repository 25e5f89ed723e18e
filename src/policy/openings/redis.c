/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/* How many arguments are kept: no decision needs more. */
enum { REDIS_KEPT = 4 };

/* A command and its arguments: how many, and the first of them. */
struct redis_command {
    unsigned count;
    struct bytes arguments[REDIS_KEPT];
};

/* Reads a length of at most four digits after `mark`, with the line's end, and moves behind it. No
 * sign, and no zero before other digits: servers may differ on them. */
static bool read_length(const struct bytes *b, size_t *at, uint8_t mark, unsigned *length)
{
    size_t first = *at + 1, i = first;
    *length = 0;
    if (*at >= b->length || b->at[*at] != mark)
        return false;
    for (; i < b->length && i - first < 4 && b->at[i] >= '0' && b->at[i] <= '9'; i++)
        *length = *length * 10 + (b->at[i] - '0');
    if (i == first || (b->at[first] == '0' && i - first > 1) || !bytes_say(b, i, "\r\n"))
        return false;
    *at = i + 2;
    return true;
}

/* Reads one command, an array of bulk strings, all of it, and moves behind it. */
static bool read_command(const struct bytes *b, size_t *at, struct redis_command *command)
{
    unsigned length;
    if (!read_length(b, at, '*', &command->count) || command->count == 0)
        return false;
    for (unsigned i = 0; i < command->count; i++) {
        if (!read_length(b, at, '$', &length) || length > b->length - *at ||
            !bytes_say(b, *at + length, "\r\n"))
            return false;
        if (i < REDIS_KEPT)
            command->arguments[i] = (struct bytes){.at = b->at + *at, .length = length};
        *at += length + 2;
    }
    return true;
}

/* Is the argument this word, which is in capitals, in any case? */
static bool is_word(const struct bytes *argument, const char *word)
{
    if (argument->length != strlen(word))
        return false;
    for (size_t i = 0; i < argument->length; i++) {
        uint8_t byte = argument->at[i];
        if (byte >= 'a' && byte <= 'z')
            byte = (uint8_t)(byte - 'a' + 'A');
        if (byte != (uint8_t)word[i])
            return false;
    }
    return true;
}

/*
 * Commands that Redis flags as `readonly`, and that neither block nor run a script; and INFO, TIME,
 * LASTSAVE, ECHO, PING, SELECT and READONLY, which ask of the server or set up their connection.
 * Without PFCOUNT, which may write what it has counted, and TOUCH. `arity` is as in the answer to
 * COMMAND: how many arguments there are, the name among them; below zero: at least so many.
 */
static const struct {
    char name[17];
    int16_t arity;
} reading[] = {
    {"BITCOUNT", -2},
    {"BITPOS", -3},
    {"DBSIZE", 1},
    {"ECHO", 2},
    {"EXISTS", -2},
    {"EXPIRETIME", 2},
    {"GEODIST", -4},
    {"GEOHASH", -2},
    {"GEOPOS", -2},
    {"GEOSEARCH", -7},
    {"GET", 2},
    {"GETBIT", 3},
    {"GETRANGE", 4},
    {"HEXISTS", 3},
    {"HGET", 3},
    {"HGETALL", 2},
    {"HKEYS", 2},
    {"HLEN", 2},
    {"HMGET", -3},
    {"HRANDFIELD", -2},
    {"HSCAN", -3},
    {"HSTRLEN", 3},
    {"HVALS", 2},
    {"INFO", -1},
    {"KEYS", 2},
    {"LASTSAVE", 1},
    {"LCS", -3},
    {"LINDEX", 3},
    {"LLEN", 2},
    {"LPOS", -3},
    {"LRANGE", 4},
    {"MGET", -2},
    {"PEXPIRETIME", 2},
    {"PING", -1},
    {"PTTL", 2},
    {"RANDOMKEY", 1},
    {"READONLY", 1},
    {"SCAN", -2},
    {"SCARD", 2},
    {"SDIFF", -2},
    {"SELECT", 2},
    {"SINTER", -2},
    {"SINTERCARD", -3},
    {"SISMEMBER", 3},
    {"SMEMBERS", 2},
    {"SMISMEMBER", -3},
    {"SRANDMEMBER", -2},
    {"SSCAN", -3},
    {"STRLEN", 2},
    {"SUBSTR", 4},
    {"SUNION", -2},
    {"TIME", 1},
    {"TTL", 2},
    {"TYPE", 2},
    {"XLEN", 2},
    {"XRANGE", -4},
    {"XREVRANGE", -4},
    {"ZCARD", 2},
    {"ZCOUNT", 4},
    {"ZDIFF", -3},
    {"ZINTER", -3},
    {"ZINTERCARD", -3},
    {"ZLEXCOUNT", 4},
    {"ZMSCORE", -3},
    {"ZRANDMEMBER", -2},
    {"ZRANGE", -4},
    {"ZRANGEBYLEX", -4},
    {"ZRANGEBYSCORE", -4},
    {"ZRANK", -3},
    {"ZREVRANGE", -4},
    {"ZREVRANGEBYLEX", -4},
    {"ZREVRANGEBYSCORE", -4},
    {"ZREVRANK", -3},
    {"ZSCAN", -3},
    {"ZSCORE", 3},
    {"ZUNION", -3},
};

static bool is_reading(const struct redis_command *command)
{
    for (size_t i = 0; i < sizeof reading / sizeof reading[0]; i++) {
        int arity = reading[i].arity;
        if (is_word(&command->arguments[0], reading[i].name))
            return arity < 0 ? command->count >= (unsigned)-arity
                             : command->count == (unsigned)arity;
    }
    return false;
}

/* Is it HELLO, with nothing, a version, or a version and a name for the connection, but no AUTH? */
static bool is_redis_hello(const struct redis_command *command)
{
    const struct bytes *argument = command->arguments;
    if (!is_word(&argument[0], "HELLO"))
        return false;
    if (command->count == 1)
        return true;
    if (!is_word(&argument[1], "2") && !is_word(&argument[1], "3"))
        return false;
    return command->count == 2 || (command->count == 4 && is_word(&argument[2], "SETNAME"));
}

/* Is it one of CLIENT's subcommands that ask or tell about their own connection alone? */
static bool is_about_client(const struct redis_command *command)
{
    const struct bytes *argument = command->arguments;
    if (!is_word(&argument[0], "CLIENT"))
        return false;
    switch (command->count) {
    case 2:
        return is_word(&argument[1], "ID") || is_word(&argument[1], "GETNAME");
    case 3:
        return is_word(&argument[1], "SETNAME");
    case 4:
        return is_word(&argument[1], "SETINFO") &&
               (is_word(&argument[2], "LIB-NAME") || is_word(&argument[2], "LIB-VER"));
    default:
        return false;
    }
}

/* Is it COMMAND, which asks what the server knows? It does not run what GETKEYS is asked about. */
static bool is_about_commands(const struct redis_command *command)
{
    static const char asking[][8] = {"COUNT", "DOCS", "INFO", "LIST", "GETKEYS"};
    if (!is_word(&command->arguments[0], "COMMAND"))
        return false;
    if (command->count == 1)
        return true;
    for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++)
        if (is_word(&command->arguments[1], asking[i]))
            return true;
    return false;
}

/*
 * Commands in a pipeline, one or more, each of which reads or is about its connection alone (Redis,
 * RESP protocol specification, "Sending commands to a Redis server"; COMMAND, "Flags"). Refused
 * are: a command that is not known, AUTH, also within HELLO, MULTI, scripts, SORT, which may store,
 * commands that block or subscribe, and a command that is not whole: what follows may complete it.
 * Of the inline form, which servers split in their own ways, PING alone is accepted.
 */
bool opening_is_redis(const struct bytes *b)
{
    struct redis_command command;
    size_t at = 0;
    if (b->length == 6 && bytes_say(b, 0, "PING\r\n"))
        return true;
    do {
        if (!read_command(b, &at, &command))
            return false;
        if (!is_reading(&command) && !is_redis_hello(&command) && !is_about_client(&command) &&
            !is_about_commands(&command))
            return false;
    } while (at < b->length);
    return true;
}
