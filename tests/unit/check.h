/* SPDX-License-Identifier: MIT */
/* The least a unit test needs: CHECK says where and what was false, and ends the program with 1. A
 * test program takes the name of one of its cases, or runs them all. */
#ifndef TFOSHIM_TESTS_UNIT_CHECK_H
#define TFOSHIM_TESTS_UNIT_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define CHECK_EQUAL(found, expected)                                                               \
    do {                                                                                           \
        long long found_ = (long long)(found), expected_ = (long long)(expected);                  \
        if (found_ != expected_) {                                                                 \
            fprintf(stderr, "%s:%d: %s: found %lld, expected %lld\n", __FILE__, __LINE__, #found,  \
                    found_, expected_);                                                            \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define CHECK_STRING(found, expected)                                                              \
    do {                                                                                           \
        const char *found_ = (found), *expected_ = (expected);                                     \
        if (strcmp(found_, expected_) != 0) {                                                      \
            fprintf(stderr, "%s:%d: %s: found \"%s\", expected \"%s\"\n", __FILE__, __LINE__,      \
                    #found, found_, expected_);                                                    \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

struct test_case {
    const char *name;
    void (*run)(void);
};

static inline int run_cases(const struct test_case *cases, size_t count, int argc, char **argv)
{
    int ran = 0;
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && strcmp(argv[1], cases[i].name) != 0)
            continue;
        cases[i].run();
        ran++;
    }
    if (ran > 0)
        return 0;
    fprintf(stderr, "no case \"%s\"\n", argc > 1 ? argv[1] : "");
    return 1;
}

#define TEST_MAIN(cases)                                                                           \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        return run_cases(cases, sizeof(cases) / sizeof((cases)[0]), argc, argv);                   \
    }

#endif
