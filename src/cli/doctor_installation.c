/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"
#include "cli/finding.h"
#include "cli/log_trouble.h"
#include "cli/preload.h"
#include "memory/memory.h"
#include "policy/rules.h"
#include "policy/search.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

/* The loader of 32-bit programs, where the machine has one. */
#if defined(__x86_64__)
#define NARROW_LOADER "/lib/ld-linux.so.2"
#elif defined(__aarch64__)
#define NARROW_LOADER "/lib/ld-linux-armhf.so.3"
#else
#define NARROW_LOADER ""
#endif

static void examine_narrow(const char *library)
{
    char narrow[PATH_MAX];

    if (preload_find_narrow(narrow, library))
        finding(FINDING_OK, "library for 32-bit programs: %s", narrow);
    else if (narrow[0] != '\0' && access(NARROW_LOADER, F_OK) == 0)
        finding(FINDING_NOTE, "32-bit programs run without Fast Open: there is no %s", narrow);
}

static void examine_compiler(const char *library, int directory)
{
    char compiler[PATH_MAX];

    snprintf(compiler, sizeof(compiler), "%.*s/" PRELOAD_COMPILER, directory, library);
    if (access(compiler, X_OK) != 0)
        finding(FINDING_NOTE,
                "compiler: %s: %s: programs that run do not take up a changed configuration",
                compiler, strerror(errno));
}

static void examine_library(void)
{
    char library[PATH_MAX], module[PATH_MAX];
    int directory;

    if (!preload_find(library, NULL)) {
        finding(FINDING_PROBLEM, "library: there is no %s: is the package installed as a whole?",
                library);
        return;
    }
    finding(FINDING_OK, "library: %s", library);
    directory = (int)(strrchr(library, '/') - library);
    snprintf(module, sizeof(module), "%.*s/" PRELOAD_MODULE, directory, library);
    if (access(module, R_OK) == 0)
        finding(FINDING_OK, "module that reads the configuration: %s", module);
    else
        finding(FINDING_PROBLEM,
                "module: %s: %s: with a configuration file the library does nothing", module,
                strerror(errno));
    examine_compiler(library, directory);
    examine_narrow(library);
}

/* Keeps the first of several. */
static void keep_report(void *context, const char *message)
{
    char **first = context;

    if (*first == NULL)
        *first = strdup(message);
}

/* Whoever looks for lines in vain is told why. */
static void examine_log(const char *to)
{
    const char *trouble = log_trouble(to);

    if (trouble != NULL)
        finding(FINDING_NOTE, "log: %s: %s: user %u writes no line there", to, trouble,
                (unsigned)geteuid());
}

static void examine_policy(void)
{
    char path[PATH_MAX], *error = NULL;
    struct rule_file *file;

    if (!policy_search(path, sizeof(path), true)) {
        finding(FINDING_OK, "configuration: no file, so the built-in policy serves");
        return;
    }
    file = rules_read(path, NULL, keep_report, &error);
    if (file == NULL) {
        finding(FINDING_PROBLEM, "configuration: %s", error == NULL ? path : error);
        finding_remedy("all of it", "tfoshim check %s", path);
    } else if (!rules_enable(&file->client) && !rules_enable(&file->server)) {
        finding(FINDING_NOTE, "configuration: %s enables nothing", path);
    } else {
        finding(FINDING_OK, "configuration: %s", path);
    }
    if (file != NULL) {
        examine_log(file->log_to);
        rules_free(file);
    }
    free(error);
}

/* Without a shared memory a connect is deferred only where this same process has connected before.
 */
static void examine_alone(void)
{
    finding(FINDING_NOTE,
            "memory of destinations: there is no shared memory here (shmget: %s): each process has "
            "its own, and those that connect to a server only once never open fast",
            strerror(errno));
}

static bool can_share(void)
{
    int id = shmget(IPC_PRIVATE, 1, 0600);

    return id >= 0 && shmctl(id, IPC_RMID, NULL) == 0;
}

static void examine_memory(void)
{
    char path[PATH_MAX];
    const char *reason;

    if (!can_share()) {
        examine_alone();
    } else if (!memory_path(path, sizeof(path), true)) {
        finding(FINDING_OK, "memory of destinations: that of user %u, who has no runtime directory",
                (unsigned)geteuid());
    } else if (access(path, F_OK) != 0) {
        finding(FINDING_OK, "memory of destinations: %s, made when it is needed", path);
    } else {
        memory_look(path, 0, &reason);
        if (reason == NULL)
            finding(FINDING_OK, "memory of destinations: %s", path);
        else
            finding(FINDING_NOTE, "memory of destinations: %s: %s: that of user %u serves instead",
                    path, reason, (unsigned)geteuid());
    }
}

void doctor_installation(void)
{
    examine_library();
    examine_policy();
    examine_memory();
}

static void examine_preload(const char *list)
{
    static const char *const redirectors[] = {"libtorsocks.so", "libproxychains", "libtsocks.so",
                                              "libsocket_wrapper.so"};
    char name[PRELOAD_NAME_MOST];

    for (size_t i = 0; i < sizeof(redirectors) / sizeof(redirectors[0]); i++)
        if (preload_like(name, list, redirectors[i]))
            finding(FINDING_NOTE,
                    "LD_PRELOAD has %s, which gives connect() a meaning of its own: at most the "
                    "connections that it makes itself are opened fast",
                    name);
    if (preload_asan(name, list))
        finding(FINDING_NOTE,
                "LD_PRELOAD has %s, which must come first: \"tfoshim run\" goes after it", name);
}

void doctor_environment(void)
{
    const char *list = getenv("LD_PRELOAD"), *disable = getenv("TFOSHIM_DISABLE");
    const char *level = getenv("TFOSHIM_LOG");

    if (list != NULL)
        examine_preload(list);
    if (disable != NULL && disable[0] != '\0' && strcmp(disable, "0") != 0)
        finding(FINDING_PROBLEM, "TFOSHIM_DISABLE is set: the library does nothing");
    if (level == NULL)
        return;
    for (int i = 0; i < LOG_LEVEL_COUNT; i++)
        if (strcasecmp(level, log_level_names[i]) == 0)
            return;
    finding(FINDING_NOTE, "TFOSHIM_LOG: found \"%s\", expected none, error, warn, info or debug",
            level);
}
