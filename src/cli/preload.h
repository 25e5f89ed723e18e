/* SPDX-License-Identifier: MIT */
/* The library that is preloaded, how LD_PRELOAD names it, and which configuration it is told to
 * use. */
#ifndef TFOSHIM_CLI_PRELOAD_H
#define TFOSHIM_CLI_PRELOAD_H

#include "contract.h"
#include "policy/tree.h"

#include <limits.h>
#include <stdbool.h>

#define PRELOAD_LIBRARY "libtfoshim.so"
#define PRELOAD_NAME_MOST 64
#define PRELOAD_COMPILER "tfoshim-compile"
/* What reads the configuration when a program starts: see shim/policy_first.h. */
#ifdef __GLIBC__
#define PRELOAD_MODULE "libtfoshim-policy.so"
#else
#define PRELOAD_MODULE PRELOAD_COMPILER
#endif

/* Where the library is; false if it is nowhere. `complain_as` is the verb that complains of that,
 * or NULL for silence. */
bool preload_find(char path[PATH_MAX], const char *complain_as) MUST_USE;

/* The same in an image, where it is as this command's installation has it. */
bool preload_find_in(char path[PATH_MAX], const struct tree *,
                     const char *complain_as) NONNULL MUST_USE;

/* Complains if users other than root can replace the library, or the files beside it: they could
 * run code in every program that preloads it. */
void preload_warn(const char *library, const struct tree *, const char *complain_as) NONNULL;

/* Where the library for 32-bit programs stands beside this one of a 64-bit machine; false if this
 * is none, or there is none. `other` is filled in even if nothing is there, else it is "". */
bool preload_find_narrow(char other[PATH_MAX], const char *library) NONNULL MUST_USE;

/* Is the library, or one of the same name elsewhere, in this LD_PRELOAD list? */
bool preload_has(const char *list, const char *name) NONNULL;
/* And as what? */
bool preload_entry(char entry[PATH_MAX], const char *list, const char *name) NONNULL;

/* The first library in the list whose name, without its directory, begins so; false if none does.
 */
bool preload_like(char name[PRELOAD_NAME_MOST], const char *list,
                  const char *beginning) NONNULL MUST_USE;

/* AddressSanitizer's library: GCC's or Clang's. */
bool preload_asan(char name[PRELOAD_NAME_MOST], const char *list) NONNULL MUST_USE;

/* The list with the library at its end, unless it is there already: libasan and the like must come
 * first. `library` is its name in the tree, or on this system if that is NULL. To be freed. NULL,
 * after a complaint, if LD_PRELOAD cannot name the library. */
char *preload_list(const char *list, const char *library, const struct tree *,
                   const char *complain_as) MUST_USE;

/* The list without the libraries of that name, in whatever directory. To be freed. */
char *preload_without(const char *list, const char *name) NONNULL;

/* Adds the library to our own LD_PRELOAD; false after a complaint. */
bool preload_set(const char *complain_as) NONNULL MUST_USE;

/* What --config names becomes the $TFOSHIM_CONFIG that programs inherit. False, after complaints by
 * the verb: it cannot be used. */
bool preload_config(const char *file, const char *verb) NONNULL MUST_USE;

#endif
