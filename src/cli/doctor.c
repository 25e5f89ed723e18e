/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"
#include "cli/check_policy.h"
#include "cli/elf_file.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/preload.h"
#include "cli/target.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "memory/memory.h"
#include "policy/rules.h"
#include "policy/search.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

/* ---- the installation ---- */

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
        finding(FINDING_OK, "narrow_library", narrow, "library for 32-bit programs: %s", narrow);
    else if (narrow[0] != '\0' && access(NARROW_LOADER, F_OK) == 0)
        finding(FINDING_NOTE, "narrow_library", narrow,
                "32-bit programs run without Fast Open: there is no %s", narrow);
}

static void examine_compiler(const char *library, int directory)
{
    char compiler[PATH_MAX];
    snprintf(compiler, sizeof compiler, "%.*s/" PRELOAD_COMPILER, directory, library);
    if (access(compiler, X_OK) != 0)
        finding(FINDING_NOTE, "compiler", compiler,
                "compiler: %s: %s: running programs do not apply a changed configuration", compiler,
                strerror(errno));
}

static void examine_library(void)
{
    char library[PATH_MAX], module[PATH_MAX];
    int directory;
    if (!preload_find(library, NULL)) {
        finding(FINDING_PROBLEM, "library", library,
                "library: %s is missing: is the package installed completely?", library);
        return;
    }
    finding(FINDING_OK, "library", library, "library: %s", library);
    directory = (int)(strrchr(library, '/') - library);
    snprintf(module, sizeof module, "%.*s/" PRELOAD_MODULE, directory, library);
    if (access(module, R_OK) == 0)
        finding(FINDING_OK, "module", module, "module that reads the configuration: %s", module);
    else
        finding(FINDING_PROBLEM, "module", module,
                "module: %s: %s: the library does nothing if there is a configuration file", module,
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
        finding(FINDING_NOTE, "log", to, "log: %s: %s: user %u cannot write to it", to, trouble,
                (unsigned)geteuid());
}

static void examine_policy(void)
{
    char path[PATH_MAX], *error = NULL;
    struct rule_file *file;
    if (!policy_search(path, sizeof path, true)) {
        finding(FINDING_OK, "configuration", NULL,
                "configuration: no file, so the built-in policy applies");
        return;
    }
    file = rules_read(path, NULL, keep_report, &error);
    if (file == NULL) {
        finding(FINDING_PROBLEM, "configuration", path, "configuration: %s",
                error == NULL ? path : error);
        finding_remedy("all errors", "tfoshim check %s", path);
    } else if (!rules_enable(&file->client) && !rules_enable(&file->server)) {
        finding(FINDING_NOTE, "configuration", path, "configuration: %s enables nothing", path);
    } else {
        finding(FINDING_OK, "configuration", path, "configuration: %s", path);
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
    finding(FINDING_NOTE, "memory", NULL,
            "memory of destinations: shared memory is not available (shmget: %s): each process has "
            "its own, and programs that connect to a server only once never use Fast Open",
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
    } else if (!memory_path(path, sizeof path, true)) {
        finding(FINDING_OK, "memory", NULL,
                "memory of destinations: the default one of user %u, who has no runtime directory",
                (unsigned)geteuid());
    } else if (access(path, F_OK) != 0) {
        finding(FINDING_OK, "memory", path, "memory of destinations: %s, created when it is needed",
                path);
    } else {
        memory_look(path, 0, &reason);
        if (reason == NULL)
            finding(FINDING_OK, "memory", path, "memory of destinations: %s", path);
        else
            finding(FINDING_NOTE, "memory", path,
                    "memory of destinations: %s: %s: the default one of user %u is used instead",
                    path, reason, (unsigned)geteuid());
    }
}

static void examine_installation(void)
{
    examine_library();
    examine_policy();
    examine_memory();
}

static void examine_list(const char *list)
{
    static const char *const redirectors[] = {"libtorsocks.so", "libproxychains", "libtsocks.so",
                                              "libsocket_wrapper.so"};
    char name[PRELOAD_NAME_MOST];
    for (size_t i = 0; i < sizeof redirectors / sizeof redirectors[0]; i++)
        if (preload_like(name, list, redirectors[i]))
            finding(FINDING_NOTE, "preload_list", name,
                    "LD_PRELOAD has %s, which redirects connect(): Fast Open works at most for the "
                    "connections that it opens itself",
                    name);
    if (preload_asan(name, list))
        finding(FINDING_NOTE, "preload_list", name,
                "LD_PRELOAD has %s, which must come first: use \"tfoshim run\", which appends the "
                "library",
                name);
}

bool doctor_variable_is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' && strcmp(value, "0") != 0;
}

void doctor_environment(void)
{
    const char *list = getenv("LD_PRELOAD"), *level = getenv("TFOSHIM_LOG");
    if (list != NULL)
        examine_list(list);
    if (doctor_variable_is_set("TFOSHIM_DISABLE"))
        finding(FINDING_PROBLEM, "disabled", NULL,
                "TFOSHIM_DISABLE is set: the library does nothing");
    if (level == NULL)
        return;
    for (int i = 0; i < LOG_LEVEL_COUNT; i++)
        if (strcasecmp(level, log_level_names[i]) == 0)
            return;
    finding(FINDING_NOTE, "log_level", NULL,
            "TFOSHIM_LOG: found \"%s\", expected none, error, warn, info or debug", level);
}

/* ---- a program ---- */

/* What is no program's name may have been meant as something else. */
static void hint_other(const char *word)
{
    if (word[strspn(word, "0123456789")] == '\0')
        finding_remedy("a process", "tfoshim doctor --pid %s", word);
    else if (strchr(word, '/') == NULL)
        finding_remedy("a systemd service", "tfoshim doctor %s.service", word);
}

/* A script is what its interpreter is. False: there is nothing to look at. */
static bool find(char path[PATH_MAX], const char *program)
{
    char script[PATH_MAX];
    if (!target_find(path, PATH_MAX, program)) {
        finding(FINDING_PROBLEM, "program", program,
                "cannot be started: no executable file of this name%s",
                strchr(program, '/') == NULL ? " in $PATH" : "");
        hint_other(program);
        return false;
    }
    snprintf(script, sizeof script, "%s", path);
    if (target_interpreter(path)) {
        finding(FINDING_OK, "program", path, "%s is a script: its program is %s", script, path);
        return true;
    }
    if (strcmp(path, script) != 0) {
        finding(FINDING_PROBLEM, "program", path, "%s is a script whose program is not found: %s",
                script, path);
        return false;
    }
    finding(FINDING_OK, "program", path, "found: %s", path);
    return true;
}

static void hint_attach(void)
{
    finding_remedy("for a running server", "tfoshim attach PID");
}

static void examine_calls(const struct elf_facts *facts)
{
    if (facts->is_go) {
        finding(FINDING_NOTE, "go", NULL,
                "compiled by Go: its network code makes system calls directly, "
                "without the C library");
        if (!facts->is_static)
            hint_attach();
    }
    if (!facts->imports_known)
        return;
    if (facts->imports_connect || facts->imports_listen)
        finding(FINDING_OK, "calls", NULL, "calls %s%s%s",
                facts->imports_connect ? "connect()" : "",
                facts->imports_connect && facts->imports_listen ? " and " : "",
                facts->imports_listen ? "listen()" : "");
    else
        finding(FINDING_NOTE, "calls", NULL,
                "does not call connect() or listen() itself: its libraries, modules "
                "or children may");
}

static void examine_sanitizer(const char *program, const char *path)
{
    char asan[PRELOAD_NAME_MOST];
    if (!target_lacks_asan(asan, path, getenv("LD_PRELOAD")))
        return;
    finding(FINDING_PROBLEM, "sanitizer", asan,
            "it is linked with %s, which must come first in LD_PRELOAD", asan);
    finding_remedy("now", "LD_PRELOAD=%s tfoshim run %s", asan, program);
}

static void examine_program(const char *program)
{
    char path[PATH_MAX];
    const char *obstacle;
    struct elf_facts facts;
    if (!find(path, program))
        return;
    obstacle = target_obstacle(path);
    if (obstacle != NULL) {
        finding(FINDING_PROBLEM, "preloading", NULL, "%s: LD_PRELOAD has no effect on it",
                obstacle);
        hint_attach();
    }
    if (!elf_examine(&facts, path))
        finding(FINDING_NOTE, "preloading", NULL, "cannot be examined: %s", strerror(errno));
    else if (!facts.is_elf)
        finding(FINDING_NOTE, "preloading", NULL,
                "neither an ELF file nor a script: a shell will try to run it");
    else if (obstacle == NULL)
        finding(FINDING_OK, "preloading", NULL, "can be preloaded");
    examine_sanitizer(program, path);
    examine_calls(&facts);
}

/* ---- the verb ---- */

struct request {
    int process; /* 0: none */
    bool json;
};

static const struct verb_option options[] = {
    PAINT_OPTION,
    JSON_OPTION(struct request, json),
    OPTION_NUMBER_OF("pid", struct request, process, 1, INT_MAX),
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim doctor [--color WHEN] [--json] [PROGRAM]\n"
    "       tfoshim doctor [--color WHEN] [--json] --pid N|UNIT.service\n"
    "\n"
    "Examines the machine, the installation and the program, if one is given; or a running\n"
    "process, or the main process of a systemd service. Reports what keeps TCP Fast Open from\n"
    "working, and how to repair it. Each line is a finding: \"ok\", \"note\" (worth knowing) or\n"
    "\"problem\" (Fast Open cannot work).\n"
    "\n"
    "options:\n" PAINT_HELP "      --help        this text\n" JSON_HELP
    "      --pid N       examine the process with this number\n"
    "\n"
    "The exit status is 1 if there is a problem.\n";

/* What is examined, each 0 or NULL unless it was asked for. */
struct examined {
    const char *program, *unit;
    pid_t process;
};

static bool is_unit(const char *word)
{
    return fnmatch("?*.service", word, FNM_PATHNAME) == 0;
}

static void examine_here(const char *program)
{
    doctor_section("machine", "machine");
    doctor_machine();
    doctor_section("counters", "counters of this network namespace");
    doctor_counters();
    doctor_section("installation", "installation");
    examine_installation();
    doctor_environment();
    if (program != NULL) {
        doctor_section("program", program);
        examine_program(program);
    }
}

/* False after a complaint. */
static bool examine(struct examined *what)
{
    if (what->unit != NULL)
        return doctor_unit(what->unit, &what->process);
    if (what->process != 0)
        return doctor_process(what->process);
    examine_here(what->program);
    return true;
}

static void print_json(const struct examined *what, bool done)
{
    struct json *json = json_new();
    json_string(json, "program", what->program);
    json_string(json, "unit", what->unit);
    json_count(json, "pid", what->process > 0 ? what->process : -1);
    json_boolean(json, "complete", done);
    json_integer(json, "problems", doctor_problems());
    doctor_put_findings(json);
    json_print(json);
}

static int serve(const struct request *request, const char *word)
{
    const bool by_unit = word != NULL && is_unit(word);
    struct examined what = {.program = by_unit ? NULL : word,
                            .unit = by_unit ? word : NULL,
                            .process = request->process};
    bool done, is_well;
    if (request->process != 0 && word != NULL) {
        complain("doctor: found \"%s\" and --pid, expected one of them, see tfoshim doctor --help",
                 word);
        return EXIT_USAGE;
    }
    done = examine(&what);
    is_well = done && doctor_problems() == 0;
    if (request->json)
        print_json(&what, done);
    else
        doctor_print_text();
    doctor_drop();
    return finish_output() && is_well ? EXIT_SUCCESS : EXIT_FAILURE;
}

int doctor_main(int argc, char **argv)
{
    static const struct syntax syntax = {"doctor", help, options, OPERANDS_MAYBE_ONE, "program", 0};
    struct request request = {.process = 0};
    int status;
    char **words = options_read(&syntax, &request, argc, argv, &status);
    return words != NULL ? serve(&request, words[0]) : status;
}
