/* SPDX-License-Identifier: MIT */
#include "cli/enable_refusal.h"
#include "cli/target.h"
#include "cli/util.h"
#include "cli/wrapper.h"
#include "path/path.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the drop-in sets, and a NULL. */
static void list_variables(const char *variables[3], const struct enable_plan *plan)
{
    variables[0] = "LD_PRELOAD";
    variables[1] = plan->config != NULL ? "TFOSHIM_CONFIG" : NULL;
    variables[2] = NULL;
}

/* ---- the environment ---- */

/* "NAME" takes a variable away whatever it is, "NAME=VALUE" that value alone. */
static bool is_unset(const struct enable_plan *plan, const char *name, const char *value)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i < plan->settings.unset.count; i++) {
        const char *word = plan->settings.unset.all[i];
        if (strncmp(word, name, length) == 0 &&
            (word[length] == '\0' ||
             (word[length] == '=' && strcmp(word + length + 1, value) == 0)))
            return true;
    }
    return false;
}

static char *environment_refusal(const struct enable_plan *plan)
{
    const struct unit_settings *settings = &plan->settings;
    const char *values[] = {plan->preload, plan->config}, *variables[3];
    list_variables(variables, plan);
    if (settings->later != NULL &&
        (settings->preload == NULL || !preload_has(settings->preload, path_base(plan->library))))
        return need_text("%s sets LD_PRELOAD after the drop-in would: add %s there",
                         settings->later, plan->library);
    for (size_t i = 0; variables[i] != NULL; i++)
        if (is_unset(plan, variables[i], values[i]))
            return need_text("its UnsetEnvironment= removes %s", variables[i]);
    return NULL;
}

/* ---- another root ---- */

static bool has_file(const struct tree *tree, const char *directory, const char *name)
{
    char path[PATH_MAX];
    int fd = -1;
    if (snprintf(path, sizeof path, "%s%s%s", tree->path, directory, name) < PATH_MAX)
        fd = tree_open_file(tree, path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* "SOURCE", or "SOURCE:DESTINATION" with options behind another colon; a "-" in front: if it is
 * there. Is the library found by it? */
static bool brings_library(const struct enable_plan *plan, const char *bind)
{
    const char *source = bind + strspn(bind, "-"), *destination, *rest;
    const size_t length = strcspn(source, ":");
    char from[PATH_MAX];
    size_t end;
    destination = source[length] == ':' ? source + length + 1 : source;
    end = strcspn(destination, ":");
    while (end > 0 && destination[end - 1] == '/')
        end--;
    if (strncmp(plan->library, destination, end) != 0)
        return false;
    rest = plan->library + end;
    if (rest[0] != '/' && rest[0] != '\0')
        return false;
    return snprintf(from, sizeof from, "%.*s", (int)length, source) < PATH_MAX &&
           has_file(plan->unit->tree, from, rest);
}

static bool is_bound(const struct enable_plan *plan)
{
    for (size_t i = 0; i < plan->settings.binds.count; i++)
        if (brings_library(plan, plan->settings.binds.all[i]))
            return true;
    return false;
}

/* The directory is the root of a system of its own: links in it lead no further. */
static bool root_has_library(const struct enable_plan *plan, const char *directory)
{
    char path[PATH_MAX];
    struct tree root = {.fd = -1};
    bool has;
    if (snprintf(path, sizeof path, "%s%s", plan->unit->tree->path, directory) < PATH_MAX)
        root.fd = tree_open(plan->unit->tree, path, O_PATH | O_DIRECTORY);
    if (root.fd < 0)
        return false;
    has = has_file(&root, "", plan->library);
    close(root.fd);
    return has;
}

static char *root_refusal(const struct enable_plan *plan)
{
    const char *directory = plan->settings.root_directory, *image = plan->settings.root_image;
    if ((directory == NULL && image == NULL) || is_bound(plan))
        return NULL;
    if (image != NULL)
        return need_text("whether the image of its RootImage=%s has %s cannot be seen: bind it "
                         "there (BindReadOnlyPaths=)",
                         image, plan->library);
    if (strchr(directory, '%') != NULL || root_has_library(plan, directory))
        return NULL;
    return need_text("its RootDirectory=%s has no %s: install the library there, or bind it there "
                     "(BindReadOnlyPaths=)",
                     directory, plan->library);
}

/* ---- the program ---- */

/* Programs of other systems are not looked at. */
static bool is_of_this_system(const struct enable_plan *plan)
{
    return plan->unit->tree->path[0] == '\0' && plan->settings.root_directory == NULL &&
           plan->settings.root_image == NULL;
}

static bool find_group(gid_t *group, const char *name)
{
    char buffer[4096];
    struct group entry, *found = NULL;
    long long number;
    if (getgrnam_r(name, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL)
        *group = entry.gr_gid;
    else if (read_number(&number, name, 0, (gid_t)-1 - 1LL))
        *group = (gid_t)number;
    else
        return false;
    return true;
}

static bool find_owner(struct target_user *who, const char *name)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;
    long long number;
    if (getpwnam_r(name, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL) {
        who->user = entry.pw_uid;
        who->group = entry.pw_gid;
        return true;
    }
    if (!read_number(&number, name, 0, (uid_t)-1 - 1LL))
        return false;
    who->user = (uid_t)number;
    who->group = (gid_t)number;
    return true;
}

/* Who the command runs as; false if that cannot be told. */
static bool find_who(struct target_user *who, const struct enable_plan *plan,
                     const struct unit_command *command)
{
    const struct unit_settings *settings = &plan->settings;
    const bool is_users = plan->unit->manager == UNIT_USER;
    *who = (struct target_user){.has_no_new_privileges = settings->has_no_new_privileges};
    if (is_users) {
        who->user = geteuid();
        who->group = getegid();
        return true;
    }
    if (command->is_privileged)
        return true;
    if (settings->has_dynamic_user) {
        /* Whichever it is going to be; it implies NoNewPrivileges=. */
        *who = (struct target_user){(uid_t)-2, (gid_t)-2, true};
        return true;
    }
    return (settings->user == NULL || find_owner(who, settings->user)) &&
           (settings->group == NULL || find_group(&who->group, settings->group));
}

/* systemd looks for a program without a directory in its own path, which is like ours. */
static bool find_program(char path[PATH_MAX], const char *word)
{
    return strchr(word, '%') == NULL && target_find(path, PATH_MAX, word);
}

/* Such a service would not start any more. */
static char *asan_refusal(const struct enable_plan *plan, const char *path)
{
    char asan[PRELOAD_NAME_MOST];
    if (!target_lacks_asan(asan, path, plan->settings.preload))
        return NULL;
    return need_text("%s is linked with %s, which must come first: the unit has to preload it "
                     "(Environment=LD_PRELOAD=%s)",
                     path, asan, asan);
}

static char *privilege_refusal(const char *path, const char *obstacle)
{
    return obstacle == NULL ? NULL
                            : need_text("%s: %s, so LD_PRELOAD has no effect", path, obstacle);
}

/* A service that does nothing stands for others, which are started beside it. */
static char *nothing_refusal(const char *word)
{
    const char *name = path_base(word);
    if (strcmp(name, "true") != 0 && strcmp(name, "false") != 0)
        return NULL;
    return need_text("%s makes no connections: other units do the work, such as instances of a "
                     "template",
                     word);
}

/* Follows the wrappers to the program that runs in the end. One that changes the user leaves nobody
 * known. */
static char *wrapper_refusal(const struct enable_plan *plan, char ***words,
                             const struct target_user **who)
{
    const char *variables[3], *name;
    char path[PATH_MAX], *loss, *refusal = NULL;
    list_variables(variables, plan);
    while (refusal == NULL && *words != NULL && (name = **words) != NULL &&
           wrapper_step(words, variables, &loss)) {
        if (loss != NULL)
            refusal =
                need_text("\"%s\" in its ExecStart= removes what the drop-in would set", loss);
        else if (*who != NULL && is_of_this_system(plan) && find_program(path, name))
            refusal = privilege_refusal(path, target_privilege(path, *who));
        if (strcmp(path_base(name), "env") != 0)
            *who = NULL;
        free(loss);
    }
    return refusal;
}

static char *command_refusal(const struct enable_plan *plan, const struct unit_command *command,
                             bool *is_fatal)
{
    struct target_user found;
    const struct target_user *who = find_who(&found, plan, command) ? &found : NULL;
    char **words = command->words.all, path[PATH_MAX], *refusal;
    refusal = wrapper_refusal(plan, &words, &who);
    if (refusal == NULL && words != NULL && words[0] != NULL)
        refusal = nothing_refusal(words[0]);
    if (refusal != NULL || words == NULL || words[0] == NULL || !is_of_this_system(plan) ||
        !find_program(path, words[0]))
        return refusal;
    refusal = asan_refusal(plan, path);
    *is_fatal = refusal != NULL;
    return *is_fatal ? refusal : privilege_refusal(path, target_obstacle_for(path, who));
}

/* One program that it is good for is enough, unless another would not start any more. */
static char *program_refusal(const struct enable_plan *plan)
{
    char *first = NULL;
    bool is_good = false, is_fatal = false;
    for (size_t i = 0; i < plan->settings.command_count && !is_fatal; i++) {
        char *refusal = command_refusal(plan, &plan->settings.commands[i], &is_fatal);
        is_good = is_good || refusal == NULL;
        if (first == NULL || is_fatal) {
            free(first);
            first = refusal;
        } else {
            free(refusal);
        }
    }
    if (is_good && !is_fatal) {
        free(first);
        return NULL;
    }
    return first != NULL ? first : need_text("it starts no program: it has no ExecStart=");
}

char *enable_refusal(const struct enable_plan *plan)
{
    char *refusal = environment_refusal(plan);
    if (refusal == NULL)
        refusal = root_refusal(plan);
    return refusal != NULL ? refusal : program_refusal(plan);
}
