/* SPDX-License-Identifier: MIT */
#include "policy/nearest.h"

#include <string.h>

#define LONGEST 31 /* longer words are no slips of the pen */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: the rows of the table are kept for the last three letters of `a`. */
unsigned edit_distance(const char *a, const char *b)
{
    const size_t a_length = strnlen(a, LONGEST + 1), b_length = strnlen(b, LONGEST + 1);
    unsigned rows[3][LONGEST + 1];
    if (a_length > LONGEST || b_length > LONGEST)
        return LONGEST + 1;
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *nearest(const char *word, const char *const known[], size_t count)
{
    const char *best = NULL;
    unsigned best_distance = LONGEST;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = edit_distance(word, known[i]);
        /* One slip in a short word, two in a longer one: "x" is not meant for "to". */
        if (distance < best_distance && distance <= 1 + (strlen(known[i]) > 4) &&
            distance < strlen(known[i])) {
            best = known[i];
            best_distance = distance;
        }
    }
    return best;
}
