/* SPDX-License-Identifier: MIT */
/* Keys that a fleet makes by itself, each machine from the same secret and the day. */
#ifndef TFOSHIM_CLI_KEY_DERIVE_H
#define TFOSHIM_CLI_KEY_DERIVE_H

#include "kernel/cookie_keys.h"

#include <time.h>

#define KEY_SECRET_LEAST 16
#define KEY_SECRET_MOST 4096

struct key_secret {
    size_t length;
    char bytes[KEY_SECRET_MOST + 1];
};

/* NULL, or what is wrong with the file. */
const char *key_secret_load(const char *path, struct key_secret *);

/* The key of the UTC day that `time` lies in, and as its backup that of the day before. */
void key_derive(struct cookie_keys *, const struct key_secret *, time_t time);

/* The noon of a UTC day, from "2026-01-31"; false for anything else. */
bool key_day_read(const char *text, time_t *time);

#endif
