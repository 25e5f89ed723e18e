/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/* What an identification has at most, with its CR and LF (RFC 4253, 4.2). */
enum { LONGEST_IDENTIFICATION = 255 };

static size_t protocol_version(const struct bytes *b)
{
    static const char two[] = "SSH-2.0-", one_and_two[] = "SSH-1.99-"; /* 5.1 */
    if (bytes_say(b, 0, two))
        return strlen(two);
    return bytes_say(b, 0, one_and_two) ? strlen(one_and_two) : 0;
}

/*
 * The line in which an SSH client says its version (RFC 4253, 4.2). The server answers with its
 * own; whatever is done takes keys that only a client that goes on can agree on. Some clients end
 * it with a bare newline, which servers take. Version 1 alone, and anything behind the line, even
 * the client's SSH_MSG_KEXINIT, are refused.
 */
bool opening_is_ssh(const struct bytes *b)
{
    const size_t software = protocol_version(b);
    size_t end = b->length;
    if (software == 0 || end > LONGEST_IDENTIFICATION || b->at[end - 1] != '\n')
        return false;
    end--;
    if (b->at[end - 1] == '\r')
        end--;
    if (end <= software || b->at[software] == ' ')
        return false;
    for (size_t i = software; i < end; i++)
        if (b->at[i] < 0x20 || b->at[i] > 0x7e)
            return false;
    return true;
}
