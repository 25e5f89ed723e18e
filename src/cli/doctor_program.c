/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"
#include "cli/elf_file.h"
#include "cli/finding.h"
#include "cli/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A script is what its interpreter is. False: there is nothing to look at. */
static bool find(char path[PATH_MAX], const char *program)
{
    char script[PATH_MAX];

    if (!target_find(path, PATH_MAX, program)) {
        finding(FINDING_PROBLEM, "cannot be started: no executable file of this name%s",
                strchr(program, '/') == NULL ? " in $PATH" : "");
        return false;
    }
    snprintf(script, sizeof(script), "%s", path);
    if (target_interpreter(path)) {
        finding(FINDING_OK, "%s is a script: its program is %s", script, path);
        return true;
    }
    if (strcmp(path, script) != 0) {
        finding(FINDING_PROBLEM, "%s is a script whose program is not found: %s", script, path);
        return false;
    }
    finding(FINDING_OK, "found: %s", path);
    return true;
}

static void hint_attach(void)
{
    finding_remedy("a server, while it runs", "tfoshim attach PID");
}

static void examine_calls(const struct elf_facts *facts)
{
    if (facts->is_go) {
        finding(FINDING_NOTE, "made by the Go compiler: Go's own network code makes system calls "
                              "itself, where no library sees them");
        if (!facts->is_static)
            hint_attach();
    }
    if (!facts->imports_known)
        return;
    if (facts->imports_connect || facts->imports_listen)
        finding(FINDING_OK, "calls %s%s%s", facts->imports_connect ? "connect()" : "",
                facts->imports_connect && facts->imports_listen ? " and " : "",
                facts->imports_listen ? "listen()" : "");
    else
        finding(FINDING_NOTE, "calls neither connect() nor listen() itself: its libraries, modules "
                              "or children may");
}

static void examine_sanitizer(const char *program, const char *path)
{
    char asan[PRELOAD_NAME_MOST];

    if (!target_lacks_asan(asan, path, getenv("LD_PRELOAD")))
        return;
    finding(FINDING_PROBLEM, "it is linked with %s, which must come before all that is preloaded",
            asan);
    finding_remedy("now", "LD_PRELOAD=%s tfoshim run %s", asan, program);
}

void doctor_program(const char *program)
{
    char path[PATH_MAX];
    const char *obstacle;
    struct elf_facts facts;

    if (!find(path, program))
        return;
    obstacle = target_obstacle(path);
    if (obstacle != NULL) {
        finding(FINDING_PROBLEM, "%s: LD_PRELOAD has no effect on it", obstacle);
        hint_attach();
    }
    if (!elf_examine(&facts, path))
        finding(FINDING_NOTE, "cannot be examined: %s", strerror(errno));
    else if (!facts.is_elf)
        finding(FINDING_NOTE, "neither an ELF file nor a script: a shell will try to run it");
    else if (obstacle == NULL)
        finding(FINDING_OK, "can be preloaded");
    examine_sanitizer(program, path);
    examine_calls(&facts);
}
