/* SPDX-License-Identifier: MIT */
#include "kernel/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool proc_sysctl(const char *name, char *text, size_t size)
{
    char path[128];
    ssize_t length;
    int fd, saved;
    snprintf(path, sizeof path, "/proc/sys/net/ipv4/%s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    length = read(fd, text, size - 1);
    saved = errno;
    close(fd);
    errno = saved;
    if (length < 0)
        return false;
    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return true;
}

long proc_sysctl_number(const char *name)
{
    char text[32];
    return proc_sysctl(name, text, sizeof text) ? strtol(text, NULL, 10) : -1;
}

static const struct {
    long bit;
    const char *meaning;
} bits[] = {
    {FASTOPEN_CLIENT, "client (1)"},
    {FASTOPEN_SERVER, "server (2)"},
    {FASTOPEN_CLIENT_NO_COOKIE, "client without cookies (4)"},
    {0x100, "unused by present kernels (0x100)"},
    {FASTOPEN_SERVER_NO_COOKIE, "server accepts data without cookies (0x200)"},
    {FASTOPEN_SERVER_ALWAYS, "server on every listener (0x400)"},
};

void proc_fastopen_words(char words[PROC_FASTOPEN_WORDS_MOST], long value)
{
    char *end = words;
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        if (value & bits[i].bit) {
            end = stpcpy(stpcpy(end, end == words ? "" : ", "), bits[i].meaning);
            value &= ~bits[i].bit;
        }
    }
    if (value != 0)
        sprintf(end, "%sunknown (%#lx)", end == words ? "" : ", ", (unsigned long)value);
    else if (end == words)
        stpcpy(words, "off");
}

/* The value in the column of `values` in which `names` has `name`. */
static long long value_under(char *names, char *values, const char *name)
{
    char *names_left = NULL, *values_left = NULL;
    const char *title = strtok_r(names, " \n", &names_left);
    const char *value = strtok_r(values, " \n", &values_left);
    for (; title != NULL && value != NULL;
         title = strtok_r(NULL, " \n", &names_left), value = strtok_r(NULL, " \n", &values_left))
        if (strcmp(title, name) == 0)
            return strtoll(value, NULL, 10);
    return -1;
}

/* The file has pairs of lines: names, then values. */
long long proc_counter(const char *name)
{
    static const char group[] = "TcpExt:";
    FILE *file = fopen("/proc/net/netstat", "re");
    char *names = NULL, *values = NULL;
    size_t names_size = 0, values_size = 0;
    long long found = -1;
    if (file == NULL)
        return -1;
    while (found < 0 && getline(&names, &names_size, file) > 0 &&
           getline(&values, &values_size, file) > 0)
        if (strncmp(names, group, sizeof group - 1) == 0)
            found = value_under(names, values, name);
    free(names);
    free(values);
    fclose(file);
    return found;
}

bool proc_shares_namespace(pid_t process, const char *kind)
{
    char own[64], path[64];
    struct stat ours, its;
    snprintf(own, sizeof own, "/proc/self/ns/%s", kind);
    snprintf(path, sizeof path, "/proc/%d/ns/%s", process, kind);
    return stat(own, &ours) == 0 && stat(path, &its) == 0 && ours.st_ino == its.st_ino &&
           ours.st_dev == its.st_dev;
}
