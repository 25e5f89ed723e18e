/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <ctype.h>
#include <string.h>

/* What Redis 7.0 flags as write, admin, noscript, pubsub, blocking or denyoom, and what holds
 * subcommands that are; CLIENT and HELLO are looked at below. */
static const char forbidden[] =
    " APPEND BITFIELD BITOP BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN COPY "
    "DECR "
    "DECRBY DEL EXPIRE EXPIREAT FLUSHALL FLUSHDB GEOADD GEORADIUS GEORADIUSBYMEMBER GEOSEARCHSTORE "
    "GETDEL GETEX GETSET HDEL HINCRBY HINCRBYFLOAT HMSET HSET HSETNX INCR INCRBY INCRBYFLOAT "
    "LINSERT "
    "LMOVE LMPOP LPOP LPUSH LPUSHX LREM LSET LTRIM MIGRATE MOVE MSET MSETNX PERSIST PEXPIRE "
    "PEXPIREAT "
    "PFADD PFDEBUG PFMERGE PSETEX RENAME RENAMENX RESTORE RESTORE-ASKING RPOP RPOPLPUSH RPUSH "
    "RPUSHX "
    "SADD SDIFFSTORE SET SETBIT SETEX SETNX SETRANGE SINTERSTORE SMOVE SORT SPOP SREM SUNIONSTORE "
    "SWAPDB UNLINK XACK XADD XAUTOCLAIM XCLAIM XDEL XREADGROUP XSETID XTRIM ZADD ZDIFFSTORE "
    "ZINCRBY "
    "ZINTERSTORE ZMPOP ZPOPMAX ZPOPMIN ZRANGESTORE ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK "
    "ZREMRANGEBYSCORE ZUNIONSTORE ACL ASKING AUTH BGREWRITEAOF BGSAVE CLUSTER CONFIG DEBUG DISCARD "
    "EVAL EVALSHA EVAL_RO EVALSHA_RO EXEC FAILOVER FCALL FCALL_RO FUNCTION LATENCY MEMORY MODULE "
    "MONITOR MULTI OBJECT PFSELFTEST PFCOUNT PSUBSCRIBE PSYNC PUBLISH PUBSUB PUNSUBSCRIBE QUIT "
    "REPLCONF REPLICAOF RESET ROLE SAVE SCRIPT SHUTDOWN SLAVEOF SLOWLOG SPUBLISH SSUBSCRIBE "
    "SUBSCRIBE "
    "SUNSUBSCRIBE SYNC TOUCH UNSUBSCRIBE UNWATCH WAIT WATCH XGROUP XREAD ";

static const char forbidden_of_client[] = " KILL LIST PAUSE UNPAUSE REPLY TRACKING CACHING UNBLOCK "
                                          "NO-EVICT NO-TOUCH TRACKINGINFO GETREDIR INFO ";

/* Is the word in capitals in the list, or none that a command can be? */
static bool is_in(const char *list, const uint8_t *word, size_t length)
{
    char capitals[32] = " ";
    if (length == 0 || length > 28)
        return true;
    for (size_t i = 0; i < length; i++) {
        if (!isalpha(word[i]) && word[i] != '-' && word[i] != '_')
            return true;
        capitals[i + 1] = (char)toupper(word[i]);
    }
    capitals[length + 1] = ' ';
    return strstr(list, capitals) != NULL;
}

/* The number of a line that is at `*at`, has this mark and ends in \r\n; -1 if it is none. */
static int number(const uint8_t *bytes, size_t size, size_t *at, uint8_t mark)
{
    int value = -1;
    if (*at >= size || bytes[(*at)++] != mark)
        return -1;
    while (*at < size && isdigit(bytes[*at]) && value < 1000)
        value = (value < 0 ? 0 : value * 10) + bytes[(*at)++] - '0';
    if (size - *at < 2 || memcmp(bytes + *at, "\r\n", 2) != 0)
        return -1;
    *at += 2;
    return value;
}

/* One command, of which no part is missing, that is not forbidden. */
static bool skip_command(const uint8_t *bytes, size_t size, size_t *at)
{
    bool client = false, hello = false;
    int count = number(bytes, size, at, '*');
    for (int i = 0; i < count; i++) {
        int length = number(bytes, size, at, '$');
        const uint8_t *word = bytes + *at;
        if (length < 0 || size - *at < (size_t)length + 2 || memcmp(word + length, "\r\n", 2) != 0)
            return false;
        *at += (size_t)length + 2;
        if (i == 0 && is_in(forbidden, word, (size_t)length))
            return false;
        if (i == 1 && client && is_in(forbidden_of_client, word, (size_t)length))
            return false;
        if (i == 2 && hello && is_in(" AUTH ", word, (size_t)length))
            return false;
        client = client || (i == 0 && is_in(" CLIENT ", word, (size_t)length));
        hello = hello || (i == 0 && is_in(" HELLO ", word, (size_t)length));
    }
    return count > 0;
}

bool oracle_redis(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    if (size == 6 && memcmp(bytes, "PING\r\n", 6) == 0)
        return true;
    while (at < size && skip_command(bytes, size, &at))
        ;
    return size > 0 && at == size;
}
