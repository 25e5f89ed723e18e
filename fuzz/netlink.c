/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what the kernel answers over netlink: system calls go through a pointer. An input is
 * a sequence of answers, each after its length.
 */
#include "input.h"

#include "kernel/cookie.h"
#include "kernel/interface.h"
#include "kernel/listening.h"
#include "kernel/metrics.h"
#include "kernel/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/syscall.h>

static struct input input;

static long answer(void *buffer, size_t room)
{
    uint16_t length;
    uint8_t *bytes;
    if (input.left == 0) {
        errno = EAGAIN;
        return -1;
    }
    input_take(&input, &length, sizeof length);
    if (length > room)
        length = (uint16_t)room;
    bytes = input_block(input.at, length < input.left ? length : input.left);
    length = (uint16_t)(length < input.left ? length : input.left);
    memcpy(buffer, bytes, length);
    input.at += length;
    input.left -= length;
    free(bytes);
    return length;
}

static long fake_syscall(long number, ...)
{
    va_list arguments;
    long a, b, c, e;
    va_start(arguments, number);
    a = va_arg(arguments, long);
    b = va_arg(arguments, long);
    c = va_arg(arguments, long);
    (void)va_arg(arguments, long);
    e = va_arg(arguments, long);
    va_end(arguments);
    (void)a;
    switch (number) {
    case SYS_socket:
        return 1000;
    case SYS_recvfrom:
        return answer((void *)b, (size_t)c);
    case SYS_getsockopt:
        if (c == SO_BINDTODEVICE) {
            *(socklen_t *)e = 0;
            return 0;
        }
        errno = EINVAL; /* the cookie of the namespace is 0, as asked for */
        return -1;
    default:
        return 0;
    }
}

static void visit(void *context, const struct metrics *metrics)
{
    char text[2 * METRICS_COOKIE_MOST + 1];
    if (metrics->cookie_length > METRICS_COOKIE_MOST)
        abort();
    metrics_cookie_text(text, metrics);
    if (strlen(text) != (size_t)2 * metrics->cookie_length)
        abort();
    ++*(unsigned *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(80)};
    const struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [12] = 192};
    char name[IF_NAMESIZE] = "";
    unsigned visits = 0;
    kernel_syscall = fake_syscall;
    for (unsigned from = 0; from < 7; from++) {
        input = (struct input){data, size};
        if (from == 0)
            (void)cookie_cached((const struct sockaddr *)&to, 0);
        else if (from == 1)
            (void)cookie_cached((const struct sockaddr *)&to6, 0);
        else if (from == 2)
            (void)somebody_listens((const struct sockaddr *)&to6, 0);
        else if (from == 3)
            (void)interface_leaving(1000, address, name);
        else if (from == 4)
            (void)interface_listening(1000, to6.sin6_addr.s6_addr, name);
        else if (from == 5)
            (void)metrics_each(visit, &visits);
        else
            (void)metrics_forget(NULL);
    }
    return 0;
}
