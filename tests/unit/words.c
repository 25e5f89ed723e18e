/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "policy/nearest.h"

static void distances(void)
{
    CHECK_EQUAL(edit_distance("address", "address"), 0);
    CHECK_EQUAL(edit_distance("adress", "address"), 1);
    CHECK_EQUAL(edit_distance("addresss", "address"), 1);
    CHECK_EQUAL(edit_distance("bddress", "address"), 1);
    CHECK_EQUAL(edit_distance("prot", "port"), 1);
    CHECK_EQUAL(edit_distance("", "port"), 4);
    CHECK_EQUAL(edit_distance("port", ""), 4);
    CHECK_EQUAL(edit_distance("kitten", "sitting"), 3);
    CHECK(edit_distance("abcdefghijklmnopqrstuvwxyzabcdefgh", "port") > 30);
    CHECK_EQUAL(edit_distance("abcdefghijklmnopqrstuvwxyzabcde", "abcdefghijklmnopqrstuvwxyzabcde"),
                0);
}

static void suggestions(void)
{
    static const char *const words[] = {"address", "host", "port", "to"};
    CHECK_STRING(nearest("adress", words, 4), "address");
    CHECK_STRING(nearest("hots", words, 4), "host");
    CHECK_STRING(nearest("ports", words, 4), "port");
    CHECK_STRING(nearest("tp", words, 4), "to");
    CHECK(nearest("x", words, 4) == NULL);
    CHECK(nearest("", words, 4) == NULL);
    CHECK(nearest("timeout", words, 4) == NULL);
    CHECK(nearest("host", words, 0) == NULL);
}

static const struct test_case cases[] = {
    {"distances", distances},
    {"suggestions", suggestions},
};

TEST_MAIN(cases)
