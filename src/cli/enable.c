/* SPDX-License-Identifier: MIT */
#include "cli/options.h"
#include "cli/preload.h"
#include "cli/target.h"
#include "cli/unit.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "policy/rules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
    const char *verb;
    const char *config, *root;
    bool all;         /* every unit that was enabled; none is named */
    struct tree tree; /* of the machine itself unless --root is given */
};

#define ROOT_OPTION                                                                                \
    {                                                                                              \
        "root", .kind = OPTION_TEXT, .target = offsetof(struct request, root)                      \
    }

static const struct verb_option enable_options[] = {
    {"config", 'c', OPTION_TEXT, .target = offsetof(struct request, config)},
    ROOT_OPTION,
    OPTIONS_END,
};

static const struct verb_option disable_options[] = {
    {"all", .kind = OPTION_FLAG, .target = offsetof(struct request, all)},
    ROOT_OPTION,
    OPTIONS_END,
};

static bool is_image(const struct request *request)
{
    return request->tree.path[0] != '\0';
}

static const char enable_help[] =
    "usage: tfoshim enable [-c FILE] [--root DIRECTORY] UNIT\n"
    "\n"
    "Gives a systemd service TCP Fast Open, by a drop-in file that preloads the library\n"
    "behind what the unit preloads already.\n"
    "\n"
    "options:\n"
    "  -c, --config FILE     the configuration, instead of what the service would find\n"
    "      --root DIRECTORY  the system whose service it is, instead of this one\n"
    "      --help            this text\n";

static const char disable_help[] =
    "usage: tfoshim disable [--root DIRECTORY] UNIT|--all\n"
    "\n"
    "Takes away what \"tfoshim enable\" has made for a systemd service, or for all.\n"
    "\n"
    "options:\n"
    "      --all             every service that was enabled\n"
    "      --root DIRECTORY  the system whose service it is, instead of this one\n"
    "      --help            this text\n";

/* The name as the service will see it goes to `path`; the file is checked where it is now. */
static bool find_config(const struct request *request, char path[PATH_MAX])
{
    char inside[PATH_MAX];
    struct rule_file *file;
    if (is_image(request) ? request->config[0] != '/' : realpath(request->config, path) == NULL) {
        complain("%s: cannot use \"%s\" as configuration: %s", request->verb, request->config,
                 is_image(request) ? "expected its name inside the root" : strerror(errno));
        return false;
    }
    if (is_image(request))
        snprintf(path, PATH_MAX, "%s", request->config);
    if (snprintf(inside, sizeof inside, "%s%s", request->tree.path, path) >= PATH_MAX)
        return false;
    file = rules_read(inside, &request->tree, complain_report, NULL);
    if (file == NULL)
        return false;
    rules_free(file);
    return true;
}

static void warn(const struct request *request, const struct unit *unit,
                 const struct unit_settings *settings)
{
    const char *obstacle = NULL;
    if (settings->program != NULL && !is_image(request))
        obstacle = target_obstacle(settings->program);
    if (obstacle != NULL)
        complain("enable: %s runs without TCP Fast Open: %s: %s, so LD_PRELOAD has no effect",
                 unit->name, settings->program, obstacle);
    if (settings->later != NULL)
        complain("enable: %s sets LD_PRELOAD after this: the library has to be added there",
                 settings->later);
    if (settings->file != NULL)
        complain("enable: if %s sets LD_PRELOAD, that goes before this", settings->file);
}

static void hint(const struct request *request, const struct unit *unit)
{
    if (!is_image(request))
        printf("to put it into effect: systemctl daemon-reload && systemctl try-restart %s\n",
               unit->name);
}

/* Such a service would not start any more. */
static bool would_end(const struct request *request, const struct unit *unit,
                      const struct unit_settings *settings)
{
    char asan[PRELOAD_NAME_MOST];
    if (settings->program == NULL || is_image(request) ||
        !target_lacks_asan(asan, settings->program, settings->preload))
        return false;
    complain("enable: %s: %s is linked with %s, which must come first: the unit has to preload it "
             "(Environment=LD_PRELOAD=%s)",
             unit->name, settings->program, asan, asan);
    return true;
}

static bool enable(const struct request *request, const struct unit *unit)
{
    char library[PATH_MAX], config[PATH_MAX], *list;
    struct unit_settings settings;
    bool done;
    if (unit_drop_in(unit) == DROP_IN_FOREIGN) {
        complain("enable: %s is not one that tfoshim has made", unit->drop_in);
        return false;
    }
    if (!(is_image(request) ? preload_find_in(library, &request->tree, request->verb)
                            : preload_find(library, request->verb)) ||
        (request->config != NULL && !find_config(request, config)) || !unit_read(unit, &settings))
        return false;
    list = would_end(request, unit, &settings)
               ? NULL
               : preload_list(settings.preload, library, &request->tree, request->verb);
    done = list != NULL && unit_write(unit, list, request->config == NULL ? NULL : config);
    if (done) {
        printf("made %s\n", unit->drop_in);
        preload_warn(library, &request->tree, request->verb);
        warn(request, unit, &settings);
        hint(request, unit);
    }
    free(list);
    unit_settings_free(&settings);
    return done;
}

static bool disable(const struct request *request, const struct unit *unit)
{
    switch (unit_drop_in(unit)) {
    case DROP_IN_NONE:
        complain("disable: %s is not enabled: there is no %s", unit->name, unit->drop_in);
        return false;
    case DROP_IN_FOREIGN:
        complain("disable: %s is not one that tfoshim has made", unit->drop_in);
        return false;
    default:
        break;
    }
    if (!unit_remove(unit))
        return false;
    printf("removed %s\n", unit->drop_in);
    hint(request, unit);
    return true;
}

/* NULL where there is no such directory; false after a complaint. */
static bool open_units(const struct request *request, DIR **directory)
{
    char path[PATH_MAX];
    int fd = -1;
    *directory = NULL;
    errno = ENAMETOOLONG;
    if (snprintf(path, sizeof path, "%s" UNIT_DIRECTORY, request->tree.path) < PATH_MAX)
        fd = tree_open(&request->tree, path, O_RDONLY | O_DIRECTORY);
    if (fd >= 0)
        *directory = need_memory(fdopendir(fd));
    else if (errno != ENOENT) {
        complain_errno("%s: cannot read %s", request->verb, path);
        return false;
    }
    return true;
}

/* "nginx.service.d" may hold a drop-in of nginx.service. */
static bool has_drop_ins(const char *directory, char name[NAME_MAX + 1])
{
    if (fnmatch("?*.service.d", directory, FNM_PERIOD) != 0)
        return false;
    snprintf(name, NAME_MAX + 1, "%.*s", (int)(strlen(directory) - strlen(".d")), directory);
    return true;
}

/* Goes on after a drop-in that it cannot remove: as few as possible are to name a library that may
 * be about to go. */
static bool disable_all(const struct request *request)
{
    char name[NAME_MAX + 1];
    const struct dirent *entry;
    struct unit unit;
    DIR *directory;
    bool done = open_units(request, &directory);
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (has_drop_ins(entry->d_name, name) &&
            unit_name(&unit, name, &request->tree, request->verb) &&
            unit_drop_in(&unit) == DROP_IN_OURS)
            done = disable(request, &unit) && done;
    if (directory != NULL)
        closedir(directory);
    return done;
}

static bool set_root(struct request *request, const char *directory)
{
    if (tree_find(&request->tree, directory))
        return true;
    complain_errno("%s: cannot use \"%s\" as root", request->verb, directory);
    return false;
}

/* EXIT_SUCCESS, or what the verb is to return: one unit is named, or --all is given. */
static int check_words(const struct request *request, char **words)
{
    if (request->all == (words[0] == NULL))
        return EXIT_SUCCESS;
    complain("%s: expected %s, see tfoshim %s --help", request->verb,
             request->all ? "no unit beside --all" : "one unit", request->verb);
    return EXIT_USAGE;
}

static int serve(const struct syntax *syntax, int argc, char **argv,
                 bool (*act)(const struct request *, const struct unit *))
{
    struct request request = {.verb = syntax->verb, .root = "/"};
    struct unit unit;
    int status;
    char **words = options_read(syntax, &request, argc, argv, &status);
    if (words == NULL)
        return status;
    status = check_words(&request, words);
    if (status != EXIT_SUCCESS)
        return status;
    if (!set_root(&request, request.root))
        return EXIT_FAILURE;
    if (request.all)
        return disable_all(&request) && finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
    if (!unit_name(&unit, words[0], &request.tree, request.verb))
        return EXIT_USAGE;
    return act(&request, &unit) && finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int enable_main(int argc, char **argv)
{
    static const struct syntax syntax = {"enable",     enable_help, enable_options,
                                         OPERANDS_ONE, "unit",      0};
    return serve(&syntax, argc, argv, enable);
}

int disable_main(int argc, char **argv)
{
    static const struct syntax syntax = {"disable",          disable_help, disable_options,
                                         OPERANDS_MAYBE_ONE, "unit",       0};
    return serve(&syntax, argc, argv, disable);
}
