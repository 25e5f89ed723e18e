/* SPDX-License-Identifier: MIT */
/*
 * Usage: memory_creation FILE
 *
 * Processes that find no file make one, all at the same instant, again and again: each must end up
 * with the one that stands there.
 */
#include "check.h"
#include "memory_keys.h"

#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 8
#define ROUNDS 100

static pid_t start(const char *file, uint32_t number, const int gun[2])
{
    struct memory_destination own = test_numbered(number);
    pid_t child = fork();
    char byte;
    CHECK(child >= 0);
    if (child != 0)
        return child;
    close(gun[1]);
    CHECK(read(gun[0], &byte, 1) == 0);
    test_open(file);
    test_connected(&own, 0);
    _exit(0);
}

static void one_round(const char *file)
{
    pid_t children[PROCESSES];
    int gun[2], status;
    CHECK(unlink(file) == 0);
    CHECK(pipe(gun) == 0);
    for (uint32_t i = 0; i < PROCESSES; i++)
        children[i] = start(file, i, gun);
    close(gun[0]);
    close(gun[1]);
    for (unsigned i = 0; i < PROCESSES; i++)
        CHECK(waitpid(children[i], &status, 0) == children[i] && status == 0);
    test_open(file);
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct memory_destination destination = test_numbered(i);
        CHECK(test_may_defer(&destination));
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    test_open(argv[1]);
    for (int round = 0; round < ROUNDS; round++)
        one_round(argv[1]);
    return 0;
}
