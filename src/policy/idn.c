/* SPDX-License-Identifier: MIT */
#include "policy/idn.h"
#include "policy/utf8.h"

#include <stdint.h>
#include <string.h>

/* RFC 1035, 2.3.4; a character of a label takes at least one byte of it. */
#define LABEL_LONGEST 63
#define PREFIX "xn--"

/* RFC 3492, section 5. */
#define BASE 36u
#define T_LEAST 1u
#define T_MOST 26u
#define SKEW 38u
#define DAMP 700u
#define FIRST_BIAS 72u
#define FIRST_POINT 0x80u

struct label {
    uint32_t points[LABEL_LONGEST];
    uint32_t count;
};

struct output {
    char *next, *end;
};

bool idn_is_wide(const char *name)
{
    for (; *name != '\0'; name++)
        if ((unsigned char)*name >= FIRST_POINT)
            return true;
    return false;
}

static bool put(struct output *output, char c)
{
    if (output->next == output->end)
        return false;
    *output->next++ = c;
    return true;
}

static bool take_label(const char **text, struct label *label)
{
    for (label->count = 0; **text != '.' && **text != '\0'; label->count++)
        if (label->count == LABEL_LONGEST || !utf8_take(text, &label->points[label->count]))
            return false;
    return true;
}

static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
    uint32_t steps = 0;
    delta /= first ? DAMP : 2;
    delta += delta / count;
    for (; delta > (BASE - T_LEAST) * T_MOST / 2; steps += BASE)
        delta /= BASE - T_LEAST;
    return steps + (BASE - T_LEAST + 1) * delta / (delta + SKEW);
}

static bool put_digit(struct output *output, uint32_t digit)
{
    return put(output, (char)(digit < 26 ? 'a' + digit : '0' + (digit - 26)));
}

static bool put_number(struct output *output, uint32_t number, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias + T_LEAST ? T_LEAST : k >= bias + T_MOST ? T_MOST : k - bias;
        if (number < t)
            return put_digit(output, number);
        if (!put_digit(output, t + (number - t) % (BASE - t)))
            return false;
        number = (number - t) / (BASE - t);
    }
}

static uint32_t next_point(const struct label *label, uint32_t least)
{
    uint32_t next = UINT32_MAX;
    for (uint32_t i = 0; i < label->count; i++)
        if (label->points[i] >= least && label->points[i] < next)
            next = label->points[i];
    return next;
}

/* Section 6.3. With at most 63 characters below 0x110000 no number overflows. */
static bool put_wide(struct output *output, const struct label *label, uint32_t basic)
{
    uint32_t delta = 0, bias = FIRST_BIAS, done = basic;
    for (uint32_t point = FIRST_POINT; done < label->count; point++, delta++) {
        uint32_t next = next_point(label, point);
        delta += (next - point) * (done + 1);
        point = next;
        for (uint32_t i = 0; i < label->count; i++) {
            delta += label->points[i] < point;
            if (label->points[i] != point)
                continue;
            if (!put_number(output, delta, bias))
                return false;
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
    return true;
}

static bool put_label(struct output *output, const struct label *label)
{
    const char *begin = output->next;
    uint32_t basic = 0;
    for (uint32_t i = 0; i < label->count; i++)
        basic += label->points[i] < FIRST_POINT;
    if (basic < label->count)
        for (const char *c = PREFIX; *c != '\0'; c++)
            if (!put(output, *c))
                return false;
    for (uint32_t i = 0; i < label->count; i++)
        if (label->points[i] < FIRST_POINT && !put(output, (char)label->points[i]))
            return false;
    if (basic < label->count && basic > 0 && !put(output, '-'))
        return false;
    return put_wide(output, label, basic) && output->next - begin <= LABEL_LONGEST;
}

bool idn_encode(char *ascii, size_t size, const char *name)
{
    struct output output = {.next = ascii, .end = ascii + size};
    struct label label;
    for (;; name++) {
        if (!take_label(&name, &label) || !put_label(&output, &label))
            return false;
        if (!put(&output, *name))
            return false;
        if (*name == '\0')
            return true;
    }
}
