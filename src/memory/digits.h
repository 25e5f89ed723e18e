/* SPDX-License-Identifier: MIT */
/* Numbers in names of files: the preloaded library keeps clear of stdio. */
#ifndef TFOSHIM_MEMORY_DIGITS_H
#define TFOSHIM_MEMORY_DIGITS_H

#include <stdint.h>

#define DIGITS_MOST 20 /* without the terminating 0 */

/* Writes a number in decimal, terminates it, and returns where it ends. */
static inline char *digits_put(char *to, uint64_t number)
{
    char digits[DIGITS_MOST], *digit = digits + DIGITS_MOST;
    do
        *--digit = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (digit < digits + DIGITS_MOST)
        *to++ = *digit++;
    *to = '\0';
    return to;
}

#endif
