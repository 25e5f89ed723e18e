/* SPDX-License-Identifier: MIT */
/*
 * Usage: new-user WAY
 *
 * Becomes somebody whom its namespace has no number for, which needs no privilege, then calls
 * setuid() or another of its kind, or makes it by its number; that this fails there is no matter.
 * Before and after, and once after the process was somebody else but had not called anything, it
 * prints which shared memory it may write to, by the numbers of the segments.
 */
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void print_segments(const char *when)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], id[32];
    if (!maps)
        err(1, "maps");
    printf("%s:", when);
    while (fgets(line, sizeof line, maps))
        if (strstr(line, " rw-s ") && strstr(line, "/SYSV") &&
            sscanf(line, "%*s %*s %*s %*s %31s", id) == 1)
            printf(" %s", id);
    puts("");
    fclose(maps);
}

static int change(const char *way, uid_t user)
{
    if (strcmp(way, "setuid") == 0)
        return setuid(user);
    if (strcmp(way, "seteuid") == 0)
        return seteuid(user);
    if (strcmp(way, "setreuid") == 0)
        return setreuid(user, user);
    if (strcmp(way, "setresuid") == 0)
        return setresuid(user, user, user);
    return (int)syscall(SYS_setuid, user);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        errx(2, "usage: new-user WAY");
    print_segments("before");
    if (change(argv[1], geteuid()) != 0)
        err(1, "%s to itself", argv[1]);
    print_segments("the same user");
    if (unshare(CLONE_NEWUSER) != 0)
        err(1, "unshare");
    print_segments("unnoticed");
    printf("%s\n", change(argv[1], geteuid()) == 0 ? "succeeded" : "failed");
    print_segments("after");
    return 0;
}
