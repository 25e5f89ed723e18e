/* SPDX-License-Identifier: MIT */
/* Values of labels in the text format of Prometheus. No address needs an escape; a metric that
 * somebody adds may. */
#include "check.h"
#include "cli/stat.h"

static void expect(const char *value, const char *printed)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    CHECK(stream != NULL);
    stat_print_label_value(stream, value);
    fclose(stream);
    CHECK_STRING(text, printed);
    free(text);
}

static void escapes(void)
{
    expect("", "");
    expect("fd09::2", "fd09::2");
    expect("a \"b\"", "a \\\"b\\\"");
    expect("\\\n", "\\\\\\n");
    expect("{x=\"1\",y}", "{x=\\\"1\\\",y}");
    expect("\303\244\t", "\303\244\t");
}

static const struct test_case cases[] = {{"escapes", escapes}};

TEST_MAIN(cases)
