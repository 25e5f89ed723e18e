/* SPDX-License-Identifier: MIT */
/*
 * Usage: memory_stress FILE
 *
 * 200 processes at one file; half of them work until they are killed, in the middle of whatever
 * they are at, while the others work. Then every entry must be whole, and every count be there.
 */
#include "check.h"
#include "memory_keys.h"
#include "memory_traffic.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define SURVIVORS 100
#define VICTIMS 100
#define EVENTS 3000
#define REPORT 300

static const char *file;
static struct memory_destination apart;
static int reports[2];

static void work(uint32_t random, bool counted)
{
    test_open(file);
    for (unsigned i = 1; !counted || i <= EVENTS; i++) {
        random = random * UINT32_C(1664525) + UINT32_C(1013904223);
        traffic_event(random >> 4);
        traffic_check_verdict(random >> 8);
        if (counted)
            traffic_counted(&apart);
        if (counted && i % REPORT == 0)
            CHECK(write(reports[1], "", 1) == 1);
    }
}

static pid_t start(uint32_t seed, bool counted)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child != 0)
        return child;
    close(reports[0]);
    work(seed, counted);
    _exit(0);
}

/* One for every few reports, so that they die all along. */
static void kill_while_they_work(const pid_t victims[VICTIMS])
{
    unsigned told = 0, killed = 0;
    char byte;
    while (read(reports[0], &byte, 1) == 1)
        if (++told % (SURVIVORS * EVENTS / REPORT / VICTIMS) == 0 && killed < VICTIMS)
            CHECK(kill(victims[killed++], SIGKILL) == 0);
    CHECK_EQUAL(killed, VICTIMS);
}

static void check_table(void)
{
    unsigned whole = 0, halves = 0, twins = 0;
    static unsigned char entries_of[UINT16_MAX + 1];
    struct entry *entries = table_all(AREA_DESTINATIONS);
    struct memory_entry copy;
    for (unsigned i = 0; i < MEMORY_ENTRIES; i++) {
        if (!memory_entry(i, &copy)) {
            halves += atomic_load(&entries[i].tag) != 0;
            continue;
        }
        whole++;
        traffic_check_entry(&copy);
        CHECK_EQUAL(traffic_set(&copy.destination), i / TABLE_WAYS);
        twins += entries_of[copy.destination.endpoint.port]++ > 0;
    }
    /* Who was killed in the middle of a claim has left a half entry, or one of two. */
    CHECK(halves + twins <= VICTIMS);
    CHECK(whole + halves == TRAFFIC_SETS * TABLE_WAYS + 1);
}

/* Halves and twins are no more than that: the next events put them right. */
static void check_recovery(void)
{
    for (unsigned i = 0; i < TRAFFIC_KEYS; i++) {
        const struct memory_destination *destination = &traffic_keys[i];
        if (traffic_role(destination->endpoint.port) != ROLE_CONNECTED)
            continue;
        test_connected(destination, 0);
        CHECK(test_may_defer(destination));
        memory_struck(destination, false);
        CHECK(!test_may_defer(destination));
    }
}

int main(int argc, char **argv)
{
    pid_t survivors[SURVIVORS], victims[VICTIMS];
    struct memory_entry copy;
    int status;
    CHECK(argc == 2);
    file = argv[1];
    traffic_set_up();
    apart = traffic_apart(0);
    CHECK(pipe(reports) == 0);
    for (uint32_t i = 0; i < VICTIMS; i++)
        victims[i] = start(i, false);
    for (uint32_t i = 0; i < SURVIVORS; i++)
        survivors[i] = start(VICTIMS + i, true);
    close(reports[1]);
    kill_while_they_work(victims);
    for (unsigned i = 0; i < SURVIVORS; i++)
        CHECK(waitpid(survivors[i], &status, 0) == survivors[i] && status == 0);
    for (unsigned i = 0; i < VICTIMS; i++)
        CHECK(waitpid(victims[i], &status, 0) == victims[i] && WTERMSIG(status) == SIGKILL);
    test_open(file);
    check_table();
    copy = test_entry(&apart);
    CHECK_EQUAL(copy.connected, SURVIVORS * EVENTS);
    CHECK_EQUAL(copy.deferred, SURVIVORS * EVENTS);
    CHECK_EQUAL(copy.accepted, SURVIVORS * EVENTS);
    check_recovery();
    return 0;
}
