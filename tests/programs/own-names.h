/* SPDX-License-Identifier: MIT */
/*
 * Functions that bear names of libconfig's and are nothing of the kind, as programs and plugins
 * have them. A library that brings libconfig into their symbol scope makes one call the other.
 */
#ifndef TESTS_OWN_NAMES_H
#define TESTS_OWN_NAMES_H

void config_init(void *);
int config_read_file(void *, const char *);
void *config_lookup(const void *, const char *);
void config_destroy(void *);
int config_setting_length(const void *);

/* How often each was called, in that order. */
extern int own_calls[5];

/* Calls each once and prints the counts. */
void own_names_use(void);

#endif
