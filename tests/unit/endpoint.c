/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "policy_text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

/* Copies the address to the end of a page behind which nothing may be read. */
static const struct sockaddr *at_page_end(const void *address, size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *map = mmap(NULL, page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED);
    CHECK(mprotect(map + page, page, PROT_NONE) == 0);
    return memcpy(map + page - length, address, length);
}

static void ipv4_is_mapped(void)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 10, 1, 2, 3};
    struct endpoint four = endpoint("10.1.2.3", 443), six = endpoint("::ffff:10.1.2.3", 443);
    CHECK(memcmp(four.address, mapped, 16) == 0);
    CHECK(memcmp(six.address, mapped, 16) == 0);
    CHECK_EQUAL(four.port, 443);
    CHECK_EQUAL(six.port, 443);
}

static void ipv6_is_kept(void)
{
    static const uint8_t address[16] = {0xfd, [15] = 1};
    struct endpoint six = endpoint("fd00::1", 8080);
    CHECK(memcmp(six.address, address, 16) == 0);
    CHECK_EQUAL(six.port, 8080);
}

static void short_addresses_are_refused(void)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct endpoint made;
    for (socklen_t length = 0; length < sizeof four; length++)
        CHECK(!endpoint_from_sockaddr(&made, at_page_end(&four, length), length));
    CHECK(endpoint_from_sockaddr(&made, at_page_end(&four, sizeof four), sizeof four));
    for (socklen_t length = 0; length < 24; length++)
        CHECK(!endpoint_from_sockaddr(&made, at_page_end(&six, length), length));
    CHECK(endpoint_from_sockaddr(&made, at_page_end(&six, 24), 24));
    CHECK(endpoint_from_sockaddr(&made, at_page_end(&six, sizeof six), sizeof six));
}

static void other_families_are_refused(void)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in none = {.sin_family = AF_UNSPEC};
    struct endpoint made;
    CHECK(!endpoint_from_sockaddr(&made, (struct sockaddr *)&local, sizeof local));
    CHECK(!endpoint_from_sockaddr(&made, (struct sockaddr *)&none, sizeof none));
    CHECK(!endpoint_from_sockaddr(&made, NULL, sizeof none));
}

static void any_alignment_will_do(void)
{
    char buffer[sizeof(struct sockaddr_in6) + 8];
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(99)};
    struct endpoint made;
    for (size_t offset = 0; offset < 8; offset++) {
        memcpy(buffer + offset, &six, sizeof six);
        CHECK(endpoint_from_sockaddr(&made, (struct sockaddr *)(void *)(buffer + offset),
                                     sizeof six));
        CHECK_EQUAL(made.port, 99);
    }
}

static void there_and_back(const char *text)
{
    struct endpoint to = endpoint(text, 4711), back;
    struct sockaddr_storage storage;
    socklen_t length = endpoint_to_sockaddr(&to, &storage);
    CHECK_EQUAL(storage.ss_family, strchr(text, '.') ? AF_INET : AF_INET6);
    CHECK(endpoint_from_sockaddr(&back, (struct sockaddr *)&storage, length));
    CHECK(memcmp(&back.address, &to.address, sizeof to.address) == 0);
    CHECK_EQUAL(back.port, 4711);
}

static void socket_addresses_are_made(void)
{
    there_and_back("192.0.2.1");
    there_and_back("2001:db8::1");
    there_and_back("::");
}

static bool is_loopback(const char *text)
{
    struct endpoint address = endpoint(text, 1);
    return endpoint_is_loopback(&address);
}

static bool is_link_local(const char *text)
{
    struct endpoint address = endpoint(text, 1);
    return endpoint_is_link_local(&address);
}

static void kinds_of_addresses(void)
{
    CHECK(is_loopback("127.0.0.1") && is_loopback("127.255.255.255") && is_loopback("::1"));
    CHECK(is_loopback("0.0.0.0") && is_loopback("::"));
    CHECK(!is_loopback("126.0.0.1") && !is_loopback("128.0.0.1") && !is_loopback("0.0.0.1"));
    CHECK(!is_loopback("::2") && !is_loopback("2001:db8::1"));
    CHECK(is_link_local("fe80::1") && is_link_local("febf::1"));
    CHECK(!is_link_local("fec0::1") && !is_link_local("169.254.0.1"));
}

static const struct test_case cases[] = {
    {"ipv4_is_mapped", ipv4_is_mapped},
    {"ipv6_is_kept", ipv6_is_kept},
    {"short_addresses_are_refused", short_addresses_are_refused},
    {"other_families_are_refused", other_families_are_refused},
    {"any_alignment_will_do", any_alignment_will_do},
    {"socket_addresses_are_made", socket_addresses_are_made},
    {"kinds_of_addresses", kinds_of_addresses},
};

TEST_MAIN(cases)
