/* SPDX-License-Identifier: MIT */
#include "cli/systemctl.h"
#include "cli/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* -1 (errno says why) if it cannot be started. */
static pid_t start(const char *const arguments[], const posix_spawn_file_actions_t *actions)
{
    size_t count = 0;
    const char **words;
    pid_t child = -1;
    int error;
    while (arguments[count] != NULL)
        count++;
    words = need_room(NULL, count + 2, sizeof *words);
    words[0] = "systemctl";
    for (size_t i = 0; i <= count; i++)
        words[i + 1] = arguments[i];
    error = posix_spawnp(&child, words[0], actions, NULL, (char *const *)words, environ);
    free(words);
    errno = error;
    return error == 0 ? child : -1;
}

static bool has_succeeded(pid_t child)
{
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- what it says ---- */

/* Its process, and in `answer` its standard output; -1 (errno says why). */
static pid_t ask(const char *const arguments[], FILE **answer)
{
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t child;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    child = start(arguments, &actions);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (child >= 0)
        *answer = need_memory(fdopen(ends[0], "r"));
    else
        close(ends[0]);
    return child;
}

static void read_property(struct service *service, const char *line)
{
    static const char group[] = "ControlGroup=", process[] = "MainPID=";
    long long number;
    if (strncmp(line, process, sizeof process - 1) == 0) {
        if (read_number(&number, line + sizeof process - 1, 1, INT_MAX))
            service->main = (pid_t)number;
    } else if (strncmp(line, group, sizeof group - 1) == 0) {
        free(service->group);
        service->group = need_memory(strdup(line + sizeof group - 1));
    } else if (strcmp(line, "LoadState=not-found") == 0) {
        service->is_missing = true;
    }
}

bool systemctl_show(struct service *service, const char *unit, const char *verb)
{
    const char *const words[] = {
        "show", "--property=LoadState", "--property=MainPID", "--property=ControlGroup", "--", unit,
        NULL};
    FILE *answer = NULL;
    char *line = NULL;
    size_t size = 0;
    const pid_t child = ask(words, &answer);
    *service = (struct service){.main = 0};
    if (child < 0) {
        complain_errno("%s: cannot run systemctl to find the processes of %s", verb, unit);
        return false;
    }
    while (getline(&line, &size, answer) > 0) {
        line[strcspn(line, "\n")] = '\0';
        read_property(service, line);
    }
    free(line);
    fclose(answer);
    if (has_succeeded(child))
        return true;
    complain("%s: systemctl does not report the processes of %s: give a process number instead",
             verb, unit);
    return false;
}

/* ---- putting it into effect ---- */

static bool tell(const char *const arguments[], const char *verb)
{
    pid_t child;
    fflush(stdout);
    child = start(arguments, NULL);
    if (child < 0) {
        complain_errno("%s: cannot run systemctl", verb);
        return false;
    }
    if (has_succeeded(child))
        return true;
    complain("%s: systemctl has failed: what was changed is not in effect yet", verb);
    return false;
}

/* The first word is for the manager of a user alone. */
static size_t first_word(const struct unit *units)
{
    return units[0].manager == UNIT_USER ? 0 : 1;
}

/* "try-restart" and the units that there are, NULL at the end. A template does not run, its
 * instances do. */
static char **restart_words(const struct unit *units, size_t unit_count, size_t *count)
{
    char path[PATH_MAX], **words = need_room(NULL, unit_count + 3, sizeof *words);
    *count = 0;
    words[(*count)++] = need_text("--user");
    words[(*count)++] = need_text("try-restart");
    for (size_t i = 0; i < unit_count; i++) {
        const char *name = units[i].name;
        if (unit_find(path, &units[i]) != UNIT_LOADABLE)
            continue;
        words[(*count)++] = unit_is_template(&units[i])
                                ? need_text("%.*s*.service", (int)strcspn(name, "@") + 1, name)
                                : need_text("%s", name);
    }
    words[*count] = NULL;
    return words;
}

static void free_words(char **words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        free(words[i]);
    free(words);
}

bool systemctl_restart(const struct unit *units, size_t unit_count)
{
    static const char *const reload[] = {"--user", "daemon-reload", NULL};
    size_t count;
    char **words = restart_words(units, unit_count, &count);
    bool done = tell(reload + first_word(units), units[0].verb);
    if (done && count > 2)
        done = tell((const char *const *)words + first_word(units), units[0].verb);
    free_words(words);
    return done;
}

/* Quoted where a shell would take it for more than its letters. */
static void print_words(char **words)
{
    fputs("systemctl", stdout);
    for (size_t i = 0; words[i] != NULL; i++) {
        const char *quote = strpbrk(words[i], "*?[\\") != NULL ? "'" : "";
        printf(" %s%s%s", quote, words[i], quote);
    }
}

void systemctl_hint(const struct unit *units, size_t unit_count)
{
    size_t count;
    char **words = restart_words(units, unit_count, &count);
    printf("to put it into effect: systemctl%s daemon-reload",
           units[0].manager == UNIT_USER ? " --user" : "");
    if (count > 2) {
        fputs(" && ", stdout);
        print_words(words + first_word(units));
    }
    putchar('\n');
    free_words(words);
}
