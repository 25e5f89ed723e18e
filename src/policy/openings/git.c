/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/*
 * What a client sends to a git daemon to fetch (gitprotocol-pack, "Git Transport" and "Extra
 * Parameters"): one pkt-line that asks for git-upload-pack, which reads. The server lists what it
 * has and waits. Refused: git-receive-pack and git-upload-archive, a request without a host, extra
 * parameters but "version=0" to "version=2", and whatever follows the pkt-line.
 */

/* The number that begins a pkt-line, in four hexadecimal digits as git writes them; 0: none. */
static size_t packet_length(const struct bytes *b)
{
    size_t length = 0;
    if (b->length < 4)
        return 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t digit = b->at[i];
        if (digit >= '0' && digit <= '9')
            length = length << 4 | (size_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            length = length << 4 | (size_t)(digit - 'a' + 10);
        else
            return 0;
    }
    return length;
}

/* Where the NUL is that ends a text which is not empty and has no control characters; 0: none. */
static size_t text_end(const struct bytes *b, size_t at)
{
    size_t i = at;
    while (i < b->length && b->at[i] >= 0x20 && b->at[i] != 0x7f)
        i++;
    return i > at && i < b->length && b->at[i] == 0 ? i : 0;
}

bool opening_is_git(const struct bytes *b)
{
    static const char command[] = "git-upload-pack ", host[] = "host=";
    static const char version[] = "\0version="; /* an empty parameter comes before it */
    size_t at = 4 + strlen(command), end;
    if (packet_length(b) != b->length || !bytes_say(b, 4, command))
        return false;
    /* A daemon knows absolute paths, and those that begin at a user's home. */
    if (!bytes_say(b, at, "/") && !bytes_say(b, at, "~"))
        return false;
    end = text_end(b, at);
    if (end == 0 || !bytes_say(b, end + 1, host))
        return false;
    end = text_end(b, end + 1 + strlen(host));
    if (end == 0 || end + 1 == b->length)
        return end != 0;
    at = end + 1 + sizeof version - 1;
    return bytes_have(b, end + 1, version, sizeof version - 1) && b->length == at + 2 &&
           b->at[at] >= '0' && b->at[at] <= '2' && b->at[at + 1] == 0;
}
