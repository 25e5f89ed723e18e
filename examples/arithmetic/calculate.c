/* SPDX-License-Identifier: MIT */
#include "calculate.h"

#include "message.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MOST 32 /* longer than any operand that fits a long long */

static bool read_operand(const char *request, const char *name, long long *operand)
{
    char text[VALUE_MOST];
    if (!message_field(request, name, text, sizeof text) || strchr(" \t\r\v\f", text[0]) != NULL)
        return false;
    char *end;
    errno = 0;
    *operand = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

/* NULL, or why there is no result. */
static const char *apply(char operator, long long a, long long b, long long *result)
{
    bool overflow;
    switch (operator) {
    case '+':
        overflow = __builtin_add_overflow(a, b, result);
        break;
    case '-':
        overflow = __builtin_sub_overflow(a, b, result);
        break;
    case '*':
        overflow = __builtin_mul_overflow(a, b, result);
        break;
    default: /* '/' */
        if (b == 0)
            return "division by zero";
        overflow = a == LLONG_MIN && b == -1;
        *result = overflow ? 0 : a / b;
    }
    return overflow ? "the result does not fit in 64 bits" : NULL;
}

void calculate_refuse(const char *reason, char *answer, size_t size)
{
    snprintf(answer, size, "MATH/1.1 400 Bad Request\nReason: %s\n\n", reason);
}

void calculate(const char *request, char *answer, size_t size)
{
    char operator[2];
    long long a, b, result;
    if (strncmp(request, "CALCULATE MATH/1.1\n", 19) != 0) {
        calculate_refuse("the first line must be CALCULATE MATH/1.1", answer, size);
    } else if (!read_operand(request, "Operand1", &a)) {
        calculate_refuse("Operand1 must be a 64-bit integer", answer, size);
    } else if (!message_field(request, "Operator", operator, sizeof operator) ||
               strchr("+-*/", operator[0]) == NULL) {
        calculate_refuse("Operator must be one of + - * /", answer, size);
    } else if (!read_operand(request, "Operand2", &b)) {
        calculate_refuse("Operand2 must be a 64-bit integer", answer, size);
    } else {
        const char *reason = apply(operator[0], a, b, &result);
        if (reason != NULL)
            snprintf(answer, size, "MATH/1.1 422 No Result\nReason: %s\n\n", reason);
        else
            snprintf(answer, size, "MATH/1.1 200 OK\nResult: %lld\n\n", result);
    }
}
