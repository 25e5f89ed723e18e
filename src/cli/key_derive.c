/* SPDX-License-Identifier: MIT */
/*
 * A day's key is the first half of HMAC-SHA-256(secret, "tfoshim tcp_fastopen_key 2026-01-31"), the
 * day in UTC. One day's key tells nothing of another's, nor of the secret.
 */
#include "cli/key_derive.h"
#include "kernel/private_file.h"

#include <nettle/hmac.h>
#include <stdio.h>
#include <string.h>

#define PURPOSE "tfoshim tcp_fastopen_key "
#define SECONDS_OF_DAY 86400

const char *key_secret_load(const char *path, struct key_secret *secret)
{
    const char *problem =
        private_file_read(path, secret->bytes, sizeof secret->bytes, &secret->length);
    if (problem == NULL && secret->length < KEY_SECRET_LEAST)
        return "found less than 16 bytes, expected a secret of 16 bytes or more";
    return problem;
}

static void key_text(char text[COOKIE_KEY_DIGITS + 1], const struct key_secret *secret, time_t time)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct hmac_sha256_ctx context;
    char day[16];
    struct tm utc;
    size_t at = 0;
    gmtime_r(&time, &utc);
    strftime(day, sizeof day, "%Y-%m-%d", &utc);
    hmac_sha256_set_key(&context, secret->length, (const uint8_t *)secret->bytes);
    hmac_sha256_update(&context, strlen(PURPOSE), (const uint8_t *)PURPOSE);
    hmac_sha256_update(&context, strlen(day), (const uint8_t *)day);
    hmac_sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < COOKIE_KEY_BYTES; i++)
        at += (size_t)snprintf(text + at, COOKIE_KEY_DIGITS + 1 - at, "%s%02x",
                               i > 0 && i % 4 == 0 ? "-" : "", digest[i]);
    explicit_bzero(&context, sizeof context);
    explicit_bzero(digest, sizeof digest);
}

void key_derive(struct cookie_keys *keys, const struct key_secret *secret, time_t time)
{
    char text[COOKIE_KEYS_TEXT_SIZE];
    key_text(text, secret, time);
    text[COOKIE_KEY_DIGITS] = ',';
    key_text(text + COOKIE_KEY_DIGITS + 1, secret, time - SECONDS_OF_DAY);
    cookie_keys_read(keys, text, strlen(text));
    explicit_bzero(text, sizeof text);
}

/* Only what is written as it would be written back: no "2026-2-31". */
bool key_day_read(const char *text, time_t *time)
{
    struct tm utc = {.tm_hour = 12};
    char again[16];
    const char *end = strptime(text, "%Y-%m-%d", &utc);
    if (end == NULL || *end != '\0')
        return false;
    *time = timegm(&utc);
    return strftime(again, sizeof again, "%Y-%m-%d", &utc) > 0 && strcmp(text, again) == 0;
}
