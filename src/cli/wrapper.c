/* SPDX-License-Identifier: MIT */
#include "cli/wrapper.h"
#include "cli/util.h"
#include "path/path.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

/* Options that have no letter. */
enum { RESET_ENV = 256, OTHER };

/* "NAME" or "NAME=VALUE" */
static bool is_of(const char *word, const char *variable)
{
    const size_t length = strlen(variable);
    return strncmp(word, variable, length) == 0 && (word[length] == '\0' || word[length] == '=');
}

static bool is_any(const char *word, const char *const variables[])
{
    for (size_t i = 0; variables[i] != NULL; i++)
        if (is_of(word, variables[i]))
            return true;
    return false;
}

/* Are all of them in a list with commas? */
static bool has_all(const char *list, const char *const variables[])
{
    for (size_t i = 0; variables[i] != NULL; i++) {
        const size_t length = strlen(variables[i]);
        const char *at = list;
        while (strncmp(at, variables[i], length) != 0 ||
               (at[length] != '\0' && at[length] != ',')) {
            at = strchr(at, ',');
            if (at == NULL)
                return false;
            at++;
        }
    }
    return true;
}

static int count(char **words)
{
    int number = 0;
    while (words[number] != NULL)
        number++;
    return number;
}

static int next_option(char **words, const char *letters, const struct option *names)
{
    return getopt_long(count(words), words, letters, names, NULL);
}

/* Anew, and in silence. */
static void begin(void)
{
    optind = 0;
    opterr = 0;
}

/* ---- env ---- */

static const struct option env_names[] = {
    {"ignore-environment", no_argument, NULL, 'i'},
    {"unset", required_argument, NULL, 'u'},
    {"chdir", required_argument, NULL, 'C'},
    {"argv0", required_argument, NULL, 'a'},
    {"split-string", required_argument, NULL, 'S'},
    {"null", no_argument, NULL, '0'},
    {"debug", no_argument, NULL, 'v'},
    {"block-signal", optional_argument, NULL, OTHER},
    {"default-signal", optional_argument, NULL, OTHER},
    {"ignore-signal", optional_argument, NULL, OTHER},
    {"list-signal-handling", no_argument, NULL, OTHER},
    {NULL, 0, NULL, 0},
};

static char *follow_env(char ***words, const char *const variables[])
{
    bool is_split = false;
    int option;
    begin();
    while ((option = next_option(*words, "+iu:C:a:S:0v", env_names)) != -1) {
        if (option == 'i')
            return need_text("env -i");
        if (option == 'u' && is_any(optarg, variables))
            return need_text("env -u %s", optarg);
        is_split = is_split || option == 'S' || option == '?';
    }
    *words += optind;
    if (**words != NULL && strcmp(**words, "-") == 0)
        return need_text("env -");
    for (; **words != NULL && strchr(**words, '=') != NULL; ++*words)
        if (is_any(**words, variables))
            return need_text("env %s", **words);
    if (is_split)
        *words = NULL;
    return NULL;
}

/* ---- setpriv ---- */

#define VALUE(name)                                                                                \
    {                                                                                              \
        name, required_argument, NULL, OTHER                                                       \
    }
#define FLAG(name)                                                                                 \
    {                                                                                              \
        name, no_argument, NULL, OTHER                                                             \
    }

static const struct option setpriv_names[] = {
    {"reset-env", no_argument, NULL, RESET_ENV},
    FLAG("nnp"),
    FLAG("no-new-privs"),
    FLAG("clear-groups"),
    FLAG("keep-groups"),
    FLAG("init-groups"),
    VALUE("ambient-caps"),
    VALUE("apparmor-profile"),
    VALUE("bounding-set"),
    VALUE("egid"),
    VALUE("euid"),
    VALUE("groups"),
    VALUE("inh-caps"),
    VALUE("landlock-access"),
    VALUE("landlock-rule"),
    VALUE("pdeathsig"),
    VALUE("ptracer"),
    VALUE("regid"),
    VALUE("reuid"),
    VALUE("rgid"),
    VALUE("ruid"),
    VALUE("seccomp-filter"),
    VALUE("securebits"),
    VALUE("selinux-label"),
    {NULL, 0, NULL, 0},
};

static char *follow_setpriv(char ***words, const char *const variables[])
{
    bool is_known = true;
    int option;
    (void)variables;
    begin();
    while ((option = next_option(*words, "+", setpriv_names)) != -1) {
        if (option == RESET_ENV)
            return need_text("setpriv --reset-env");
        is_known = is_known && option != '?';
    }
    *words = is_known ? *words + optind : NULL;
    return NULL;
}

/* ---- su, runuser ---- */

static const struct option su_names[] = {
    {"command", required_argument, NULL, 'c'},
    {"session-command", required_argument, NULL, OTHER},
    {"fast", no_argument, NULL, 'f'},
    {"login", no_argument, NULL, 'l'},
    {"preserve-environment", no_argument, NULL, 'p'},
    {"pty", no_argument, NULL, 'P'},
    {"shell", required_argument, NULL, 's'},
    {"group", required_argument, NULL, 'g'},
    {"supp-group", required_argument, NULL, 'G'},
    {"user", required_argument, NULL, 'u'},
    {"whitelist-environment", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};

/* Without a login shell the environment stays as it is, but for HOME, SHELL, USER and LOGNAME. */
static char *follow_su(char ***words, const char *const variables[])
{
    const bool is_su = strcmp(path_base(**words), "su") == 0;
    bool is_login = false, is_kept = false, has_program = false;
    int option;
    begin();
    while ((option = next_option(
                *words, is_su ? "c:fg:G:lmpPs:w:" : "c:fg:G:lmpPs:u:w:", su_names)) != -1) {
        is_login = is_login || option == 'l';
        is_kept = is_kept || (option == 'w' && has_all(optarg, variables));
        has_program = has_program || (option == 'u' && !is_su);
    }
    *words += optind;
    is_login = is_login || (!has_program && **words != NULL && strcmp(**words, "-") == 0);
    if (!has_program)
        *words = NULL;
    if (!is_login || is_kept)
        return NULL;
    return need_text("%s -l", is_su ? "su" : "runuser");
}

/* ---- sudo, pkexec ---- */

/* -E does not keep LD_PRELOAD, only its name does. Rules of sudoers(5), which could, are not read.
 */
static char *follow_sudo(char ***words, const char *const variables[])
{
    static const char option[] = "--preserve-env=";
    bool is_kept = false;
    for (char **word = *words; *word != NULL; word++)
        is_kept = is_kept || (strncmp(*word, option, sizeof option - 1) == 0 &&
                              has_all(*word + sizeof option - 1, variables));
    *words = NULL;
    return is_kept ? NULL : need_text("sudo");
}

static char *follow_pkexec(char ***words, const char *const variables[])
{
    (void)variables;
    *words = NULL;
    return need_text("pkexec");
}

bool wrapper_step(char ***words, const char *const variables[], char **loss)
{
    static const struct {
        const char *name;
        char *(*follow)(char ***words, const char *const variables[]);
    } wrappers[] = {
        {"env", follow_env},         {"pkexec", follow_pkexec}, {"runuser", follow_su},
        {"setpriv", follow_setpriv}, {"su", follow_su},         {"sudo", follow_sudo},
    };
    const char *name = path_base(**words);
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++) {
        if (strcmp(name, wrappers[i].name) != 0)
            continue;
        *loss = wrappers[i].follow(words, variables);
        if (*loss != NULL)
            *words = NULL;
        return true;
    }
    return false;
}
