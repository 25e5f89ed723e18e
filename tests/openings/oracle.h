/* SPDX-License-Identifier: MIT */
/*
 * What must hold of whatever was taken for an opening, said a second time and otherwise: whoever
 * changes bytes at random, a test or a fuzzer, asks here whether what still passes may. It need not
 * know every opening; it has to know what an opening must never hold.
 */
#ifndef TFOSHIM_TESTS_OPENINGS_ORACLE_H
#define TFOSHIM_TESTS_OPENINGS_ORACLE_H

#include "policy/openings/openings.h"

/* May these bytes be that opening? */
bool oracle_allows(enum opening, const uint8_t *bytes, size_t size);

typedef bool oracle_fn(const uint8_t *bytes, size_t size);

/* One for each opening, in oracle-NAME.c. */
#define OPENING(name, port, what, why) oracle_fn oracle_##name;
#include "policy/openings/openings.def"
#undef OPENING

#endif
