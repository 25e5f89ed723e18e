/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/*
 * One TLS record that holds one ClientHello. After it there may be the ChangeCipherSpec that
 * TLS 1.3 sends for the sake of middleboxes (RFC 8446, D.4), but nothing else: what follows a
 * ClientHello in the same write is 0-RTT data, which is the application's and subject to replay.
 */
bool opening_is_tls(const struct bytes *b)
{
    static const uint8_t change_cipher_spec[] = {0x14, 0x03, 0x03, 0x00, 0x01, 0x01};
    size_t record, message;
    if (b->length < 9 || b->at[0] != 0x16 || b->at[1] != 0x03 || b->at[2] > 0x04)
        return false;
    record = bytes_be16(b->at + 3);
    message = (size_t)b->at[6] << 16 | bytes_be16(b->at + 7);
    /* The shortest hello: version, random, empty session id, one suite, one compression method. */
    if (b->at[5] != 0x01 || record != message + 4 || record > 16384 || message < 41)
        return false;
    record += 5;
    if (b->length <= record)
        return true;
    return b->length == record + sizeof change_cipher_spec &&
           memcmp(b->at + record, change_cipher_spec, sizeof change_cipher_spec) == 0;
}
