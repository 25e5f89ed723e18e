/* SPDX-License-Identifier: MIT */
/* The keys that a listener has of its own, from its rule's key_file. */
#ifndef TFOSHIM_SHIM_LISTENER_KEY_H
#define TFOSHIM_SHIM_LISTENER_KEY_H

#include "contract.h"
#include "shim/record.h"

/* Gives the listener the keys that the file has. Returns the version of the file, for its note; the
 * log tells what was wrong with it, and what serves instead. */
uint64_t listener_key_give(int fd, const char *path, const char *instead) NONNULL;

/* Notes that. */
void listener_key_note(int fd, uint64_t version);

/* Of a listener with this note, once a second: has its file been replaced? */
void listener_key_look(struct record *note) NONNULL;

#endif
