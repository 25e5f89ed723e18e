/* SPDX-License-Identifier: MIT */
#ifndef ARITHMETIC_CALCULATE_H
#define ARITHMETIC_CALCULATE_H

#include <stddef.h>

/* Works out one request and writes the answer, a whole message, to `answer`. */
void calculate(const char *request, char *answer, size_t size);

/* The answer to something that cannot be read as a request. */
void calculate_refuse(const char *reason, char *answer, size_t size);

#endif
