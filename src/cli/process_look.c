/* SPDX-License-Identifier: MIT */
#include "cli/process_look.h"
#include "cli/util.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

FILE *process_open(pid_t process, const char *name)
{
    char path[64];
    if (process == 0)
        snprintf(path, sizeof path, "/proc/self/%s", name);
    else
        snprintf(path, sizeof path, "/proc/%d/%s", process, name);
    return fopen(path, "re");
}

bool process_status(pid_t process, const char *name, char *value, size_t size)
{
    const size_t length = strlen(name);
    char line[256];
    bool found = false;
    FILE *file = process_open(process, "status");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        found = strncmp(line, name, length) == 0 && line[length] == ':';
        if (found)
            snprintf(value, size, "%s", line + length + 1);
    }
    if (file != NULL)
        fclose(file);
    return found;
}

void process_name(char name[PROCESS_NAME_MOST], pid_t process)
{
    FILE *file = process_open(process, "comm");
    name[0] = '\0';
    if (file != NULL && fgets(name, PROCESS_NAME_MOST, file) != NULL)
        name[strcspn(name, "\n")] = '\0';
    if (file != NULL)
        fclose(file);
    for (char *at = name; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

void process_text(char text[PROCESS_TEXT_MOST], pid_t process)
{
    char name[PROCESS_NAME_MOST];
    process_name(name, process);
    snprintf(text, PROCESS_TEXT_MOST, name[0] != '\0' ? "%d (%s)" : "%d", process, name);
}

const char *process_library_of(char *line)
{
    const char *path = strchr(line, '/');
    line[strcspn(line, "\n")] = '\0';
    return path != NULL && strstr(path, "/libtfoshim.so") != NULL ? path : NULL;
}

bool process_has_library(pid_t process)
{
    FILE *maps = process_open(process, "maps");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (maps != NULL && !found && getline(&line, &size, maps) > 0)
        found = process_library_of(line) != NULL;
    free(line);
    if (maps != NULL)
        fclose(maps);
    return found;
}

char *process_strings(pid_t process, const char *name, size_t *size)
{
    FILE *file = process_open(process, name);
    char *text = NULL;
    size_t room = 0;
    *size = 0;
    if (file == NULL)
        return NULL;
    do {
        room += 4096;
        text = need_memory(realloc(text, room + 1));
        *size += fread(text + *size, 1, room - *size, file);
    } while (*size == room);
    text[*size] = '\0';
    if (ferror(file)) {
        const int error = errno;
        free(text);
        text = NULL;
        errno = error;
    }
    fclose(file);
    return text;
}

bool process_is_secure(pid_t process)
{
    FILE *file = process_open(process, "auxv");
    ElfW(auxv_t) entry;
    bool is_secure = false;
    while (file != NULL && fread(&entry, sizeof entry, 1, file) == 1)
        if (entry.a_type == AT_SECURE)
            is_secure = entry.a_un.a_val != 0;
    if (file != NULL)
        fclose(file);
    return is_secure;
}
