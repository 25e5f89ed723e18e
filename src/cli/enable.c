/* SPDX-License-Identifier: MIT */
#include "cli/enable_refusal.h"
#include "cli/options.h"
#include "cli/preload.h"
#include "cli/systemctl.h"
#include "cli/text_table.h"
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

struct request {
    const char *verb;
    const char *config, *root;
    bool all;  /* every unit that was enabled; none is named */
    bool list; /* only say which these are */
    bool now;
    int manager;      /* an enum unit_manager */
    struct tree tree; /* of the machine itself unless --root is given */
    struct unit *units;
    size_t unit_count;
};

#define ROOT_OPTION                                                                                \
    {                                                                                              \
        "root", .kind = OPTION_TEXT, .target = offsetof(struct request, root)                      \
    }
#define NOW_OPTION                                                                                 \
    {                                                                                              \
        "now", .kind = OPTION_FLAG, .target = offsetof(struct request, now)                        \
    }
#define USER_OPTION                                                                                \
    {                                                                                              \
        "user", .kind = OPTION_SET, .target = offsetof(struct request, manager),                   \
                .value = UNIT_USER                                                                 \
    }

static const struct verb_option enable_options[] = {
    {"config", 'c', OPTION_TEXT, .target = offsetof(struct request, config)},
    {"list", .kind = OPTION_FLAG, .target = offsetof(struct request, list)},
    NOW_OPTION,
    ROOT_OPTION,
    USER_OPTION,
    OPTIONS_END,
};

static const struct verb_option disable_options[] = {
    {"all", .kind = OPTION_FLAG, .target = offsetof(struct request, all)},
    NOW_OPTION,
    ROOT_OPTION,
    USER_OPTION,
    OPTIONS_END,
};

static bool is_image(const struct request *request)
{
    return request->tree.path[0] != '\0';
}

static const char enable_help[] =
    "usage: tfoshim enable [-c FILE] [--now] [--user|--root DIRECTORY] UNIT...\n"
    "       tfoshim enable --list [--user|--root DIRECTORY]\n"
    "\n"
    "Gives systemd services TCP Fast Open, by drop-in files that preload the library behind\n"
    "what the units preload already. Says why where nothing could come of it; if one of the\n"
    "units is refused, none is changed.\n"
    "\n"
    "options:\n"
    "  -c, --config FILE     the configuration, instead of what the services would find\n"
    "      --list            list the units that are enabled\n"
    "      --now             reload systemd, and restart the services that run\n"
    "      --root DIRECTORY  the system whose services they are, instead of this one\n"
    "      --user            services of the caller's own manager (systemctl --user)\n"
    "      --help            this text\n";

static const char disable_help[] =
    "usage: tfoshim disable [--now] [--user|--root DIRECTORY] UNIT...|--all\n"
    "\n"
    "Takes away what \"tfoshim enable\" has made for systemd services, or for all.\n"
    "\n"
    "options:\n"
    "      --all             every service that was enabled\n"
    "      --now             reload systemd, and restart the services that run\n"
    "      --root DIRECTORY  the system whose services they are, instead of this one\n"
    "      --user            services of the caller's own manager (systemctl --user)\n"
    "      --help            this text\n";

/* ---- the units ---- */

/* One that is there already counts once. False, after a complaint, if it cannot be a service. */
static bool add_unit(struct request *request, const char *name)
{
    struct unit unit;
    if (!unit_name(&unit, name, &request->tree, request->manager, request->verb))
        return false;
    for (size_t i = 0; i < request->unit_count; i++)
        if (strcmp(request->units[i].name, unit.name) == 0)
            return true;
    request->units = need_room(request->units, request->unit_count + 1, sizeof *request->units);
    request->units[request->unit_count++] = unit;
    return true;
}

/* NULL where there is no such directory; false after a complaint. */
static bool open_units(const struct request *request, DIR **directory)
{
    char path[PATH_MAX];
    int fd;
    *directory = NULL;
    if (!unit_own_directory(path, &request->tree, request->manager, request->verb))
        return false;
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

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct unit *)left)->name, ((const struct unit *)right)->name);
}

/* Those with a drop-in of ours, by name; false after a complaint. */
static bool add_enabled(struct request *request)
{
    char name[NAME_MAX + 1];
    const struct dirent *entry;
    DIR *directory;
    if (!open_units(request, &directory))
        return false;
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (has_drop_ins(entry->d_name, name) && add_unit(request, name) &&
            unit_drop_in(&request->units[request->unit_count - 1]) != DROP_IN_OURS)
            request->unit_count--;
    if (directory != NULL)
        closedir(directory);
    if (request->unit_count > 0)
        qsort(request->units, request->unit_count, sizeof *request->units, by_name);
    return true;
}

/* EXIT_SUCCESS, or what the verb is to return. */
static int find_units(struct request *request, char **words)
{
    if (words[0] == NULL)
        return add_enabled(request) ? EXIT_SUCCESS : EXIT_FAILURE;
    for (; *words != NULL; words++)
        if (!add_unit(request, *words))
            return EXIT_USAGE;
    return EXIT_SUCCESS;
}

/* ---- enable ---- */

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

static bool is_foreign(const struct unit *unit)
{
    if (unit_drop_in(unit) != DROP_IN_FOREIGN)
        return false;
    complain("%s: %s: %s is not one that tfoshim has made", unit->verb, unit->name, unit->drop_in);
    return true;
}

/* Reads the unit, and says why nothing could come of it. */
static bool prepare(struct enable_plan *plan, const struct request *request)
{
    char *refusal;
    if (is_foreign(plan->unit) || !unit_read(plan->unit, &plan->settings))
        return false;
    plan->preload =
        preload_list(plan->settings.preload, plan->library, &request->tree, request->verb);
    if (plan->preload == NULL)
        return false;
    refusal = enable_refusal(plan);
    if (refusal != NULL)
        complain("%s: %s: %s", request->verb, plan->unit->name, refusal);
    free(refusal);
    return refusal == NULL;
}

static bool carry_out(const struct enable_plan *plan)
{
    if (!unit_write(plan->unit, plan->preload, plan->config))
        return false;
    printf("made %s\n", plan->unit->drop_in);
    if (plan->settings.file != NULL)
        complain("%s: %s: if %s sets LD_PRELOAD, that goes before this", plan->unit->verb,
                 plan->unit->name, plan->settings.file);
    return true;
}

/* Of the units those are left that were changed. An image has no systemd that runs. */
static bool put_into_effect(const struct request *request)
{
    if (request->unit_count == 0)
        return true;
    if (request->now)
        return systemctl_restart(request->units, request->unit_count);
    if (!is_image(request))
        systemctl_hint(request->units, request->unit_count);
    return true;
}

static bool prepare_all(const struct request *request, struct enable_plan *plans)
{
    const size_t count = request->unit_count;
    bool accepted = true;
    for (size_t i = 0; i < count; i++)
        accepted = prepare(&plans[i], request) && accepted;
    if (!accepted && count > 1)
        complain("%s: none of the %zu units was changed", request->verb, count);
    return accepted;
}

/* As systemctl(1) enables units: none where one of them is refused. */
static bool enable_all(struct request *request, struct enable_plan *plans)
{
    const size_t count = request->unit_count;
    if (!prepare_all(request, plans))
        return false;
    request->unit_count = 0;
    for (size_t i = 0; i < count; i++)
        if (carry_out(&plans[i]))
            request->units[request->unit_count++] = request->units[i];
    preload_warn(plans[0].library, &request->tree, request->verb);
    return put_into_effect(request) && request->unit_count == count;
}

static bool enable(struct request *request)
{
    const size_t count = request->unit_count;
    char library[PATH_MAX], config[PATH_MAX];
    struct enable_plan *plans;
    bool done;
    if (!(is_image(request) ? preload_find_in(library, &request->tree, request->verb)
                            : preload_find(library, request->verb)) ||
        (request->config != NULL && !find_config(request, config)))
        return false;
    plans = need_memory(calloc(count, sizeof *plans));
    for (size_t i = 0; i < count; i++)
        plans[i] = (struct enable_plan){.unit = &request->units[i],
                                        .library = library,
                                        .config = request->config == NULL ? NULL : config};
    done = enable_all(request, plans);
    for (size_t i = 0; i < count; i++) {
        free(plans[i].preload);
        unit_settings_free(&plans[i].settings);
    }
    free(plans);
    return done;
}

static bool list(struct request *request)
{
    static const char *const headings[] = {"unit", "drop-in", "unit file"};
    struct table table = table_of(headings, 3);
    char path[PATH_MAX];
    for (size_t i = 0; i < request->unit_count; i++) {
        const struct unit *unit = &request->units[i];
        const enum unit_state state = unit_find(path, unit);
        table_add_copy(&table, unit->name);
        table_add_copy(&table, unit->drop_in);
        if (state == UNIT_MISSING)
            table_add_copy(&table, "none: the unit is gone");
        else
            table_add_text(&table, "%s%s", path, state == UNIT_MASKED ? " (masked)" : "");
    }
    if (request->unit_count > 0) {
        table_print(&table, "");
    } else {
        puts("no service is enabled");
        table_drop(&table);
    }
    return true;
}

/* ---- disable ---- */

/* An instance that has no drop-in of its own may have its template's. */
static bool is_enabled_as_template(const struct unit *unit, struct unit *template)
{
    char name[UNIT_NAME_MOST + 1];
    return unit_template(name, unit) &&
           unit_name(template, name, unit->tree, unit->manager, unit->verb) &&
           unit_drop_in(template) == DROP_IN_OURS;
}

static bool is_enabled(const struct unit *unit)
{
    struct unit template;
    if (is_foreign(unit))
        return false;
    if (unit_drop_in(unit) == DROP_IN_OURS)
        return true;
    if (is_enabled_as_template(unit, &template))
        complain("%s: %s: it is enabled by its template, %s", unit->verb, unit->name,
                 template.name);
    else
        complain("%s: %s: it is not enabled: there is no %s", unit->verb, unit->name,
                 unit->drop_in);
    return false;
}

/* Goes on after a unit that is not enabled, as systemctl(1) does, and after a drop-in that it
 * cannot remove: as few as possible are to name a library that may be about to go. */
static bool disable(struct request *request)
{
    const size_t count = request->unit_count;
    struct unit template;
    request->unit_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct unit *unit = &request->units[i];
        if (!is_enabled(unit) || !unit_remove(unit))
            continue;
        printf("removed %s\n", unit->drop_in);
        if (is_enabled_as_template(unit, &template))
            complain("%s: %s: it stays enabled by its template, %s", unit->verb, unit->name,
                     template.name);
        request->units[request->unit_count++] = *unit;
    }
    return put_into_effect(request) && request->unit_count == count;
}

/* ---- the verbs ---- */

static bool set_root(struct request *request)
{
    const char *directory = request->root == NULL ? "/" : request->root;
    if (tree_find(&request->tree, directory))
        return true;
    complain_errno("%s: cannot use \"%s\" as root", request->verb, directory);
    return false;
}

/* EXIT_SUCCESS, or what the verb is to return: units are named, or an option stands for all. */
static int check_words(const struct request *request, char **words)
{
    const char *every = request->list ? "--list" : "--all";
    if (request->root != NULL && (request->now || request->manager == UNIT_USER)) {
        complain("%s: expected no --root beside %s", request->verb,
                 request->now ? "--now" : "--user");
        return EXIT_USAGE;
    }
    if (request->list && (request->now || request->config != NULL)) {
        complain("%s: expected no --%s beside --list", request->verb,
                 request->now ? "now" : "config");
        return EXIT_USAGE;
    }
    if ((request->all || request->list) == (words[0] == NULL))
        return EXIT_SUCCESS;
    if (words[0] == NULL)
        complain("%s: expected a unit, see tfoshim %s --help", request->verb, request->verb);
    else
        complain("%s: expected no unit beside %s, see tfoshim %s --help", request->verb, every,
                 request->verb);
    return EXIT_USAGE;
}

static int serve(const struct syntax *syntax, int argc, char **argv, bool (*act)(struct request *))
{
    struct request request = {.verb = syntax->verb};
    int status;
    char **words = options_read(syntax, &request, argc, argv, &status);
    if (words == NULL)
        return status;
    status = check_words(&request, words);
    if (status != EXIT_SUCCESS)
        return status;
    if (!set_root(&request))
        return EXIT_FAILURE;
    status = find_units(&request, words);
    if (status == EXIT_SUCCESS && !((request.list ? list : act)(&request) && finish_output()))
        status = EXIT_FAILURE;
    free(request.units);
    return status;
}

int enable_main(int argc, char **argv)
{
    static const struct syntax syntax = {"enable",     enable_help, enable_options,
                                         OPERANDS_ANY, "unit",      0};
    return serve(&syntax, argc, argv, enable);
}

int disable_main(int argc, char **argv)
{
    static const struct syntax syntax = {"disable",    disable_help, disable_options,
                                         OPERANDS_ANY, "unit",       0};
    return serve(&syntax, argc, argv, disable);
}
