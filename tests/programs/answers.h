/* SPDX-License-Identifier: MIT */
/* Ways of rendezvous.c whose call waits for nobody, but might: it is answered at once. */
#ifndef TESTS_ANSWERS_H
#define TESTS_ANSWERS_H

#include "rendezvous.h"

/*
 * A function for a name and what it answers, and its line in a table of ways:
 *
 *   #define LOOK_UPS(ROW) ROW(symbol, result)...
 *   LOOK_UPS(ANSWER)
 *   const struct way some_ways[] = {LOOK_UPS(ANSWER_WAY){0}};
 *
 * Then the thread waits for the other one without a call: the only one that can have sent the SYN
 * is the one that the line names.
 */
#define ANSWER(symbol, result)                                                                     \
    static long wait_##symbol(void)                                                                \
    {                                                                                              \
        long answer_ = (result);                                                                   \
        while (!accepted) {}                                                                       \
        return answer_;                                                                            \
    }

#define ANSWER_WAY(symbol, result) {#symbol, wait_##symbol, NULL, NULL, NULL},

/* What a call with FOUND for its last arguments stores into a struct: whether it has found one, or
 * 100 and the error. */
#define INTO(type, call)                                                                           \
    ({                                                                                             \
        struct type entry_, *found_ = NULL;                                                        \
        int error_ = (call);                                                                       \
        error_ != 0 ? 100 + error_ : found_ != NULL;                                               \
    })
#define FOUND &entry_, answer_buffer, sizeof answer_buffer, &found_

extern char answer_buffer[4096]; /* for what has no room of its own */

#endif
