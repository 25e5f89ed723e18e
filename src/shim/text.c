/* SPDX-License-Identifier: MIT */
#include "shim/text.h"

void text_add(struct text *text, const char *more)
{
    while (*more && text->used < sizeof text->bytes - 1)
        text->bytes[text->used++] = *more++;
}

void text_add_number(struct text *text, long number)
{
    char digits[24];
    char *end = digits + sizeof digits - 1;
    unsigned long left = number < 0 ? -(unsigned long)number : (unsigned long)number;
    *end = '\0';
    do {
        *--end = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (number < 0)
        *--end = '-';
    text_add(text, end);
}
