/* SPDX-License-Identifier: MIT */
/* The resolver's own calls, for look-up.c. */
#ifndef TESTS_RESOLVERS_H
#define TESTS_RESOLVERS_H

#define NAME "nobody.test." /* the dot: nothing is tried behind it */

/* Named as the symbol that is called; its answer is the same in each run. */
struct resolver {
    const char *name;
    int (*look_up)(void);
};

extern const struct resolver resolvers[];

#endif
