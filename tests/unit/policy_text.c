/* SPDX-License-Identifier: MIT */
#include "policy_text.h"
#include "check.h"
#include "policy/compile.h"
#include "policy/names.h"

#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void report(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "%s\n", message);
}

const struct policy *compile_text_for(const char *text, const struct policy_subject *subject)
{
    int fd = memfd_create("policy", 0);
    size_t length = strlen(text);
    const struct policy *policy;
    char path[64];
    CHECK(fd >= 0);
    CHECK(fchmod(fd, 0600) == 0);
    CHECK(write(fd, text, length) == (ssize_t)length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    policy = policy_compile(path, subject, report, NULL);
    close(fd);
    CHECK(policy != NULL);
    CHECK(policy_is_usable(policy));
    names_follow(policy);
    return policy;
}

const struct policy *compile_text(const char *text)
{
    const struct policy_subject tester = {.program = "tester", .executable = "/usr/bin/alias"};
    return compile_text_for(text, &tester);
}

void discard(const struct policy *policy)
{
    munmap((void *)policy, policy_size(policy));
}

struct endpoint endpoint(const char *address, uint16_t port)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct endpoint made;
    if (inet_pton(AF_INET, address, &four.sin_addr) == 1) {
        CHECK(endpoint_from_sockaddr(&made, (struct sockaddr *)&four, sizeof four));
    } else {
        CHECK(inet_pton(AF_INET6, address, &six.sin6_addr) == 1);
        CHECK(endpoint_from_sockaddr(&made, (struct sockaddr *)&six, sizeof six));
    }
    return made;
}
