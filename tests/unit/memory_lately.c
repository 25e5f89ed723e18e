/* SPDX-License-Identifier: MIT */
/* When a handshake counts as one of late, and what strikes it. */
#include "check.h"
#include "memory/memory.h"
#include "memory_keys.h"

static void lately_is_an_hour(void)
{
    start_afresh();
    CHECK_EQUAL(memory_judge(&to), MEMORY_NOT_LATELY);
    CHECK(!memory_may_defer(&to));
    memory_connected(&to, 0);
    CHECK(memory_may_defer(&to));
    test_time += MEMORY_LATELY_S;
    CHECK(memory_may_defer(&to));
    test_time++;
    CHECK_EQUAL(memory_judge(&to), MEMORY_NOT_LATELY);
    memory_connected(&to, 0);
    CHECK(memory_may_defer(&to));
}

static void a_handshake_to_come_is_none(void)
{
    connected_start();
    test_time--;
    CHECK_EQUAL(memory_judge(&to), MEMORY_NOT_LATELY);
    test_time++;
}

static void address_port_and_namespace_all_count(void)
{
    struct memory_destination other;

    connected_start();
    other = test_destination("192.0.2.1", 444);
    CHECK(!memory_may_defer(&other));
    other = test_destination("192.0.2.2", 443);
    CHECK(!memory_may_defer(&other));
    other = test_destination("::192.0.2.1", 443);
    CHECK(!memory_may_defer(&other));
    other = to;
    other.netns = 2;
    CHECK(!memory_may_defer(&other));
    other.netns = 1;
    CHECK(memory_may_defer(&other));
}

static void a_link_local_address_is_nobodys(void)
{
    struct memory_destination here = test_destination("fe80::1", 80);

    start_afresh();
    memory_connected(&here, 0);
    CHECK_EQUAL(memory_judge(&here), MEMORY_NOT_LATELY);
}

static void struck_is_not_lately(void)
{
    struct memory_destination other = test_destination("192.0.2.1", 80);

    connected_start();
    memory_connected(&other, 0);
    memory_struck(&to, false);
    CHECK_EQUAL(memory_judge(&to), MEMORY_NOT_LATELY);
    CHECK(memory_may_defer(&other));
    CHECK_EQUAL(test_entry(&to).struck, 1);
    CHECK_EQUAL(test_entry(&to).last_connected, 0);
    CHECK_EQUAL(test_entry(&to).reason, MEMORY_REASON_STRUCK);
    memory_connected(&to, 0);
    CHECK(memory_may_defer(&to));
}

static void striking_the_unknown_makes_no_entry(void)
{
    struct memory_entry copy;

    start_afresh();
    memory_struck(&to, false);
    CHECK(!test_look(&to, &copy));
}

/* Does closing a listener at `local` strike a destination at `address`, other ports and namespaces
 * aside? */
static bool strikes(const char *local, const char *address)
{
    struct memory_destination at = test_destination(address, 443), port = at, space = at;
    struct endpoint listener = test_endpoint(local, 0);

    start_afresh();
    port.endpoint.port = 444;
    space.netns = 2;
    memory_connected(&at, 0);
    memory_connected(&port, 0);
    memory_connected(&space, 0);
    memory_struck_port(1, 443, &listener);
    CHECK(memory_may_defer(&port));
    CHECK(memory_may_defer(&space));
    if (memory_may_defer(&at))
        return false;
    CHECK_EQUAL(test_entry(&at).reason, MEMORY_REASON_LISTENER_CLOSED);
    CHECK_EQUAL(test_entry(&at).struck, 1);
    return true;
}

static void a_closed_listener_strikes_its_port(void)
{
    CHECK(strikes("127.0.0.1", "127.0.0.1"));
    CHECK(!strikes("127.0.0.1", "127.0.0.2"));
    CHECK(strikes("2001:db8::1", "2001:db8::1"));
    CHECK(!strikes("2001:db8::1", "2001:db8::2"));
    /* Every address, of either family. */
    CHECK(strikes("0.0.0.0", "127.0.0.2"));
    CHECK(strikes("::", "127.0.0.2"));
    CHECK(strikes("::", "2001:db8::1"));
    /* connect() to the wildcard goes to this machine. */
    CHECK(strikes("127.0.0.1", "0.0.0.0"));
    CHECK(strikes("::1", "::"));
}

static void a_closed_listener_strikes_every_address(void)
{
    struct endpoint any = test_endpoint("::", 443);

    start_afresh();
    for (uint32_t i = 0; i < 200; i++) {
        to = test_numbered(i);
        memory_connected(&to, 0);
    }
    memory_struck_port(1, 443, &any);
    for (uint32_t i = 0; i < 200; i++) {
        to = test_numbered(i);
        CHECK(!memory_may_defer(&to));
    }
}

static const struct test_case cases[] = {
    {"lately_is_an_hour", lately_is_an_hour},
    {"a_handshake_to_come_is_none", a_handshake_to_come_is_none},
    {"address_port_and_namespace_all_count", address_port_and_namespace_all_count},
    {"a_link_local_address_is_nobodys", a_link_local_address_is_nobodys},
    {"struck_is_not_lately", struck_is_not_lately},
    {"striking_the_unknown_makes_no_entry", striking_the_unknown_makes_no_entry},
    {"a_closed_listener_strikes_its_port", a_closed_listener_strikes_its_port},
    {"a_closed_listener_strikes_every_address", a_closed_listener_strikes_every_address},
};

TEST_MAIN(cases)
