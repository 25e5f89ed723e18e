/* SPDX-License-Identifier: MIT */
#include "policy/first_write.h"
#include "check.h"

#include <stdint.h>

/* In a block of exactly its size, so that AddressSanitizer sees any byte read past it. */
static bool safe_in_view(const void *bytes, size_t length, size_t total)
{
    void *copy = malloc(length > 0 ? length : 1);
    bool safe;

    CHECK(copy != NULL);
    memcpy(copy, bytes, length);
    safe = first_write_is_replay_safe(copy, length, total);
    free(copy);
    return safe;
}

static bool safe(const void *bytes, size_t length)
{
    return safe_in_view(bytes, length, length);
}

static bool safe_text(const char *text)
{
    return safe(text, strlen(text));
}

#define HELLO_SIZE 205

/* A ClientHello of HELLO_SIZE bytes with its record header, as far as it is looked at. */
static void make_hello(uint8_t *hello)
{
    static const uint8_t head[] = {0x16, 0x03, 0x01, 0x00, 200, 0x01, 0x00, 0x00, 196, 0x03, 0x03};

    memset(hello, 0xaa, HELLO_SIZE);
    memcpy(hello, head, sizeof(head));
}

static void client_hello(void)
{
    uint8_t hello[HELLO_SIZE + 10];

    make_hello(hello);
    CHECK(safe(hello, HELLO_SIZE));
    /* Written in two parts; and one of which a part is out of view. */
    CHECK(safe(hello, 100));
    CHECK(!safe_in_view(hello, 100, HELLO_SIZE));
    CHECK(!safe(hello, 8));
    hello[2] = 0x04;
    CHECK(safe(hello, HELLO_SIZE));
    hello[2] = 0x05;
    CHECK(!safe(hello, HELLO_SIZE));
}

static void other_tls_records(void)
{
    uint8_t hello[HELLO_SIZE];

    make_hello(hello);
    hello[0] = 0x17;
    CHECK(!safe(hello, HELLO_SIZE));
    make_hello(hello);
    hello[1] = 0x02;
    CHECK(!safe(hello, HELLO_SIZE));
    make_hello(hello);
    hello[5] = 0x02;
    CHECK(!safe(hello, HELLO_SIZE));
    /* A length of the message that is not that of its record. */
    make_hello(hello);
    hello[8] = 195;
    CHECK(!safe(hello, HELLO_SIZE));
    make_hello(hello);
    hello[6] = 1;
    CHECK(!safe(hello, HELLO_SIZE));
    make_hello(hello);
    hello[4] = 20;
    hello[8] = 16;
    CHECK(!safe(hello, 25));
}

static void early_data_after_the_hello(void)
{
    static const uint8_t change_cipher_spec[] = {0x14, 0x03, 0x03, 0x00, 0x01, 0x01};
    uint8_t hello[HELLO_SIZE + 10] = {0};

    make_hello(hello);
    CHECK(!safe(hello, HELLO_SIZE + 1));
    memcpy(hello + HELLO_SIZE, change_cipher_spec, sizeof(change_cipher_spec));
    CHECK(safe(hello, HELLO_SIZE + 6));
    CHECK(!safe(hello, HELLO_SIZE + 5));
    CHECK(!safe(hello, HELLO_SIZE + 7));
    /* Not all in view: it may be anything. */
    CHECK(!safe_in_view(hello, HELLO_SIZE, HELLO_SIZE + 6));
    hello[HELLO_SIZE] = 0x17;
    CHECK(!safe(hello, HELLO_SIZE + 6));
}

static void http_requests(void)
{
    CHECK(safe_text("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"));
    CHECK(safe_text("HEAD /a?b=c HTTP/1.0\r\n\r\n"));
    CHECK(safe_text("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(safe_text("GET http://example.com/ HTTP/1.1\r\n\r\n"));
    CHECK(safe_text("GET / HTTP/1.1\n\n"));
    CHECK(safe_text("GET / HTTP/1.1\n\r\n"));
}

static void requests_in_parts(void)
{
    CHECK(safe_text("GET / HTTP/1.1\r\n"));
    CHECK(safe_text("GET / HTTP/1.1\r\nHost: exam"));
    CHECK(safe_text("GET / HTTP/1.1\r\nHost: example.com\r\n\r"));
    CHECK(!safe_text("GET / HTTP/1.1\r"));
    CHECK(!safe_text("GET / HTTP/1."));
    CHECK(!safe_text("GET / HTT"));
    CHECK(!safe_text("GET "));
    CHECK(!safe_text("GET"));
    CHECK(!safe_text("G"));
}

static void unsafe_requests(void)
{
    CHECK(!safe_text("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"));
    CHECK(!safe_text("PUT / HTTP/1.1\r\n\r\n"));
    CHECK(!safe_text("DELETE / HTTP/1.1\r\n\r\n"));
    CHECK(!safe_text("CONNECT example.com:443 HTTP/1.1\r\n\r\n"));
    CHECK(!safe_text("GETX / HTTP/1.1\r\n\r\n"));
    CHECK(!safe_text("get / HTTP/1.1\r\n\r\n"));
    CHECK(!safe_text("GET  / HTTP/1.1\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/2.0\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.x\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.1 \r\n\r\n"));
    CHECK(!safe_text("GET /\r\n"));
    CHECK(!safe_text("GET key\r\n"));
    CHECK(!safe_text("GET /\x01 HTTP/1.1\r\n\r\n"));
}

static void more_than_one_request(void)
{
    static const char header[] = "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n";

    CHECK(!safe_text("GET / HTTP/1.1\r\n\r\nx"));
    CHECK(!safe_text("GET / HTTP/1.1\n\nx"));
    CHECK(!safe_text("GET / HTTP/1.1\n\r\nx"));
    CHECK(!safe_text("GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"));
    CHECK(safe_in_view(header, strlen(header), strlen(header)));
    CHECK(!safe_in_view(header, strlen(header), strlen(header) + 1));
    /* What is out of view may be anything, whatever the link lets a SYN carry. */
    CHECK(!safe_in_view(header, strlen(header) - 1, strlen(header) + 100));
}

/* What one server ends a line at, or joins to the line before, another takes for a part of it: they
 * do not agree on what the request is. */
static void headers_that_servers_read_differently(void)
{
    static const char nul[] = "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n";

    CHECK(!safe_text("GET / HTTP/1.1\r\nX: a\rPOST / HTTP/1.1\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.1\r\n\rX: a\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.1\r\nX: a\r\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.1\n\r\r"));
    CHECK(!safe_text("GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.1\r\nX: a\n\tb\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.1\r\n X: a\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.1\r\n "));
    CHECK(!safe(nul, sizeof(nul) - 1));
    CHECK(!safe("GET / HTTP/1.1\r\n\0", 17));
    CHECK(!safe_text("GET / HTTP/1.1\r\nX: a\vb\r\n\r\n"));
    CHECK(!safe_text("GET / HTTP/1.1\r\nX: \x7f\r\n\r\n"));
    CHECK(safe_text("GET / HTTP/1.1\r\nX:\ta b\t\r\nY: \xc3\xa9\r\n\r\n"));
}

static const uint8_t query[] = {
    0,   29,  0x12, 0x34, 0x01, 0x20, 0, 1,   0,   0,   0, 0, 0, 0, 7, 'e',
    'x', 'a', 'm',  'p',  'l',  'e',  3, 'c', 'o', 'm', 0, 0, 1, 0, 1,
};

static bool safe_query_with(size_t at, uint8_t byte)
{
    uint8_t changed[sizeof(query)];

    memcpy(changed, query, sizeof(query));
    changed[at] = byte;
    return safe(changed, sizeof(changed));
}

static void dns_queries(void)
{
    static const uint8_t root[] = {0, 17, 1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
    uint8_t edns[sizeof(query) + 11] = {0};

    CHECK(safe(query, sizeof(query)));
    CHECK(safe(root, sizeof(root)));
    memcpy(edns, query, sizeof(query));
    edns[1] += 11;
    edns[13] = 1;
    edns[sizeof(query) + 2] = 41;
    CHECK(safe(edns, sizeof(edns)));
    edns[13] = 0;
    CHECK(!safe(edns, sizeof(edns)));
}

static void dns_labels(void)
{
    /* A label of 63, one of `length`, the root. */
    for (uint8_t length = 60; length < 70; length++) {
        uint8_t message[14 + 64 + 70 + 1 + 4] = {0};
        size_t size = 14 + 64 + 1u + length + 1 + 4;

        memcpy(message, query, 14);
        message[1] = (uint8_t)(size - 2);
        memset(message + 14, 'x', size - 14 - 5);
        message[14] = 63;
        message[14 + 64] = length;
        CHECK_EQUAL(safe(message, size), length <= 63);
    }
}

static void other_dns_messages(void)
{
    CHECK(!safe(query, sizeof(query) - 1));
    CHECK(!safe(query, 2));
    CHECK(!safe_in_view(query, sizeof(query), sizeof(query) + 1));
    CHECK(!safe_query_with(1, 28));
    CHECK(!safe_query_with(4, 0x80)); /* a response */
    CHECK(!safe_query_with(4, 0x28)); /* UPDATE */
    CHECK(!safe_query_with(5, 0x03)); /* a response code */
    CHECK(!safe_query_with(7, 0));    /* no question */
    CHECK(!safe_query_with(7, 2));
    CHECK(!safe_query_with(9, 1));     /* answers */
    CHECK(!safe_query_with(11, 1));    /* authority */
    CHECK(!safe_query_with(14, 0xc0)); /* compression */
    CHECK(!safe_query_with(14, 60));   /* a label that leaves the message */
    CHECK(!safe_query_with(26, 2));    /* a name without end */
}

/* A query, and after it one additional record of the root's with `data` bytes of data, of which
 * `said` are said. */
static bool safe_with_record(uint8_t type, uint8_t data, uint8_t said)
{
    uint8_t message[sizeof(query) + 11 + 255] = {0};
    size_t size = sizeof(query) + 11u + data;

    memcpy(message, query, sizeof(query));
    message[0] = (uint8_t)((size - 2) >> 8);
    message[1] = (uint8_t)(size - 2);
    message[13] = 1;
    message[sizeof(query) + 2] = type;
    message[sizeof(query) + 10] = said;
    return safe(message, size);
}

static void dns_records_after_the_question(void)
{
    CHECK(safe_with_record(41, 0, 0)); /* EDNS */
    CHECK(safe_with_record(41, 12, 12));
    CHECK(safe_with_record(250, 60, 60)); /* TSIG */
    CHECK(safe_with_record(24, 60, 60));  /* SIG(0) */
    CHECK(!safe_with_record(41, 12, 11));
    CHECK(!safe_with_record(41, 12, 13));
    CHECK(!safe_with_record(249, 60, 60)); /* TKEY */
    CHECK(!safe_with_record(1, 4, 4));
}

/* Makes and deletes keys (RFC 2930). */
static void tkey_queries(void)
{
    CHECK(!safe_query_with(28, 249));
    CHECK(safe_query_with(28, 252)); /* AXFR: much, but a query */
    CHECK(safe_query_with(28, 255));
}

static void anything_else(void)
{
    uint8_t bytes[64] = {0};

    CHECK(!safe("", 0));
    CHECK(!safe_in_view("", 0, 100));
    CHECK(!safe_in_view("GET / HTTP/1.1\r\n\r\n", 18, 10));
    CHECK(!safe(bytes, sizeof(bytes)));
    CHECK(!safe_text("EHLO example.com\r\n"));
    CHECK(!safe_text("*1\r\n$4\r\nPING\r\n"));
    CHECK(!safe_text("SSH-2.0-OpenSSH_9.2\r\n"));
}

static const struct test_case cases[] = {
    {"client_hello", client_hello},
    {"other_tls_records", other_tls_records},
    {"early_data_after_the_hello", early_data_after_the_hello},
    {"http_requests", http_requests},
    {"requests_in_parts", requests_in_parts},
    {"unsafe_requests", unsafe_requests},
    {"more_than_one_request", more_than_one_request},
    {"headers_that_servers_read_differently", headers_that_servers_read_differently},
    {"dns_queries", dns_queries},
    {"dns_records_after_the_question", dns_records_after_the_question},
    {"tkey_queries", tkey_queries},
    {"dns_labels", dns_labels},
    {"other_dns_messages", other_dns_messages},
    {"anything_else", anything_else},
};

TEST_MAIN(cases)
