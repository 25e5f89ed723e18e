/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>
#include <strings.h>

/* A name that makes more of a session than one that waits for a query, or may. */
static bool is_forbidden(const char *name)
{
    static const char *const forbidden[] = {
        "replication", "options", "role", "session_authorization", "session_replication_role",
    };
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        if (strcasecmp(name, forbidden[i]) == 0)
            return true;
    return strncmp(name, "_pq_.", 5) == 0 || strstr(name, "preload") || strchr(name, '.');
}

/* A request for encryption, or strings in pairs up to an empty name, which is the last byte; one is
 * the user. A CancelRequest has neither code. */
bool oracle_postgresql(const uint8_t *bytes, size_t size)
{
    static const uint8_t encrypt[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16}, startup[] = {0, 3, 0, 0};
    if (size == 8)
        return memcmp(bytes, encrypt, sizeof encrypt) == 0 && (bytes[7] == 47 || bytes[7] == 48);
    if (size < 10 || size > 0xffff || bytes[0] != 0 || bytes[1] != 0 ||
        (size_t)(bytes[2] << 8 | bytes[3]) != size || memcmp(bytes + 4, startup, 4) != 0)
        return false;
    if (bytes[size - 1] != 0 || bytes[size - 2] != 0)
        return false;
    bool user = false;
    size_t at = 8;
    while (bytes[at] != 0) {
        const char *name = (const char *)bytes + at, *value = name + strlen(name) + 1;
        if (is_forbidden(name))
            return false;
        user = user || (strcmp(name, "user") == 0 && *value != '\0');
        at += strlen(name) + 1 + strlen(value) + 1;
        if (at >= size)
            return false;
    }
    return user && at == size - 1;
}
