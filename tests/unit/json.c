/* SPDX-License-Identifier: MIT */
/* Prints values of every kind as JSON; stat.bats reads them. */
#include "cli/json.h"
#include "check.h"

#include <math.h>

static void put_numbers(struct json *in)
{
    struct json *numbers = json_array(in, "numbers");
    json_integer(numbers, NULL, 0);
    json_integer(numbers, NULL, UINT64_MAX);
    json_count(numbers, NULL, -1);
    json_count(numbers, NULL, 7);
    json_number(numbers, NULL, 0.1);
    json_number(numbers, NULL, 1e300);
    json_number(numbers, NULL, NAN);
    json_number(numbers, NULL, INFINITY);
    json_boolean(numbers, NULL, true);
    json_boolean(numbers, NULL, false);
}

/* Every byte but NUL, alone; and sequences of several. */
static void put_strings(struct json *in)
{
    static const char *const sequences[] = {
        "",
        "\303\244",                 /* U+00E4 */
        "\342\202\254",             /* U+20AC */
        "\360\237\230\200",         /* U+1F600 */
        "\364\217\277\277",         /* U+10FFFF */
        "\364\220\200\200",         /* beyond it */
        "\355\240\200",             /* a surrogate */
        "\300\257",                 /* longer than need be */
        "\340\200\257",             /* the same */
        "\303",                     /* cut off */
        "\342\202",                 /* the same */
        "\342\202x",                /* the same, and more behind it */
        "\360\237\230",             /* the same */
        "\302\205\302\237",         /* control characters: U+0085, U+009F */
        "a \"b\"\\c\n\t\r\033[31m", /* what needs an escape */
    };

    struct json *strings = json_array(in, "strings");
    for (int byte = 1; byte < 256; byte++)
        json_string(strings, NULL, (const char[]){(char)byte, '\0'});
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++)
        json_string(strings, NULL, sequences[i]);
    json_string(strings, NULL, NULL);
}

static void everything(void)
{
    struct json *json = json_new(), *inner;
    json_object(json, "empty object");
    json_array(json, "empty array");
    inner = json_array(json_object(json_object(json, "a"), "b"), "c");
    json_object(json_array(inner, NULL), NULL);
    put_numbers(json);
    /* What was begun before takes more. */
    json_null(inner, NULL);
    put_strings(json);
    json_string(json, "\"name\"\n\377", "");
    json_print(json);
}

static const struct test_case cases[] = {{"everything", everything}};

TEST_MAIN(cases)
