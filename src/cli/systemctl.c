/* SPDX-License-Identifier: MIT */
#include "cli/systemctl.h"
#include "cli/util.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
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

bool systemctl_ask(struct systemctl *systemctl, const char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    systemctl->child = start(arguments, &actions);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (systemctl->child >= 0)
        systemctl->answer = need_memory(fdopen(ends[0], "r"));
    else
        close(ends[0]);
    return systemctl->child >= 0;
}

bool systemctl_end(struct systemctl *systemctl)
{
    fclose(systemctl->answer);
    return has_succeeded(systemctl->child);
}

bool systemctl_do(const char *const arguments[], const char *verb)
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
