/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where the command's document begins in an OP_MSG, or in an OP_QUERY to "admin.$cmd". */
static size_t document(const uint8_t *bytes, size_t size)
{
    static const uint8_t message[] = {0, 0, 0, 0, 0xdd, 0x07, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t query[] = {0, 0, 0, 0, 0xd4, 0x07, 0, 0};
    if (size > 21 + 4 && memcmp(bytes + 8, message, sizeof message) == 0)
        return 21;
    if (size > 39 + 4 && memcmp(bytes + 8, query, sizeof query) == 0 &&
        memcmp(bytes + 20, "admin.$cmd", 11) == 0)
        return 39;
    return 0;
}

/* Is it a field that neither waits, nor authenticates, nor is another command? */
static bool is_question(const char *name)
{
    static const char names[] =
        " hello ismaster isMaster helloOk client compression loadBalanced"
        " $db saslSupportedMechs apiVersion apiStrict apiDeprecationErrors ";
    char word[32];
    if (*name == '\0' || strlen(name) > 28 || strchr(name, ' '))
        return false;
    snprintf(word, sizeof word, " %s ", name);
    return strstr(names, word) != NULL;
}

/* How long a value is that has no type but those of a hello's fields. */
static uint64_t value_size(const uint8_t *value, uint64_t left, unsigned type)
{
    static const uint8_t fixed[] = {[1] = 8, [8] = 1, [16] = 4, [18] = 8};
    if (type < sizeof fixed && fixed[type] != 0)
        return fixed[type];
    if (type < 2 || type > 4 || left < 4)
        return UINT64_MAX;
    uint64_t length = 0;
    for (unsigned i = 4; i > 0; i--)
        length = length << 8 | value[i - 1];
    return type == 2 ? 4 + length : length;
}

/* One document that is all that is left, whose first field asks hello, and no other does. */
bool oracle_mongodb(const uint8_t *bytes, size_t size)
{
    size_t begin = document(bytes, size), at = begin + 4;
    if (begin == 0 || size > 0xffff || (size_t)(bytes[0] | bytes[1] << 8) != size ||
        (size_t)(bytes[begin] | bytes[begin + 1] << 8) != size - begin || bytes[size - 1] != 0)
        return false;
    for (unsigned fields = 0; bytes[at] != 0; fields++) {
        const char *name = (const char *)bytes + at + 1;
        bool hello = strcmp(name, "hello") == 0 || strcasecmp(name, "ismaster") == 0;
        if (!is_question(name) || hello != (fields == 0))
            return false;
        size_t value = at + 1 + strlen(name) + 1;
        if (value >= size)
            return false;
        uint64_t length = value_size(bytes + value, size - value, bytes[at]);
        if (length == 0 || length >= size - value)
            return false;
        at = value + (size_t)length;
    }
    return at == size - 1 && at > begin + 4;
}
