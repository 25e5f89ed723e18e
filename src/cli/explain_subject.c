/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/util.h"
#include "kernel/interface.h"
#include "path/path.h"
#include "policy/flat.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void explain_as_program(struct policy_subject *subject, const char *name)
{
    subject->program = path_base(name);
    subject->executable = subject->program == name ? NULL : name;
}

static char *cgroups;

static const char *tell_cgroups(void)
{
    return cgroups;
}

void explain_in_unit(struct policy_subject *subject, const char *unit)
{
    cgroups = need_text("0::/%s", unit);
    subject->cgroups = tell_cgroups;
}

static bool selects(const struct policy *policy, enum selector selector)
{
    const struct policy_selector *selectors = policy_at(policy, policy->selectors.offset);
    for (uint32_t i = 0; i < policy->selectors.count; i++)
        if (selectors[i].selector == selector)
            return true;
    return false;
}

void explain_unsaid(const struct explanation *explanation)
{
    const struct policy_subject *subject = explanation->subject;
    bool program = subject->program == NULL && selects(explanation->policy, SELECT_PROGRAM);
    bool unit = subject->cgroups == NULL && selects(explanation->policy, SELECT_UNIT);
    if (program && unit)
        explain_line("", "rules with program or unit match only with --program or --unit");
    else if (program || unit)
        explain_line("", "rules with %s match only with --%s", program ? "program" : "unit",
                     program ? "program" : "unit");
}

/* ---- the interface ---- */

static char given[IF_NAMESIZE], told[IF_NAMESIZE]; /* asked for one, and the last answer */
static enum interface found;
static bool asked;

bool explain_by_interface(const char *name)
{
    if (name[0] != '\0' && strlen(name) < sizeof given) {
        memcpy(given, name, strlen(name) + 1);
        return true;
    }
    complain("explain: --interface: found \"%s\", expected the name of an interface such as eth0",
             name);
    return false;
}

static enum interface answer(interface_fn *find, int fd, const uint8_t address[16],
                             char name[IF_NAMESIZE])
{
    asked = true;
    found = INTERFACE_KNOWN;
    if (given[0] != '\0')
        memcpy(name, given, sizeof given);
    else
        found = find(fd, address, name);
    memcpy(told, name, sizeof told);
    return found;
}

static enum interface leaving(int fd, const uint8_t address[16], char name[IF_NAMESIZE])
{
    return answer(interface_leaving, fd, address, name);
}

static enum interface listening(int fd, const uint8_t address[16], char name[IF_NAMESIZE])
{
    return answer(interface_listening, fd, address, name);
}

struct policy_link explain_link(bool listener)
{
    return (struct policy_link){listener ? listening : leaving,
                                socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

void explain_interface(const char *how, const char *none)
{
    if (!asked)
        return;
    if (found == INTERFACE_KNOWN)
        explain_line("", "%s %s", how, told);
    else if (found == INTERFACE_NONE)
        explain_line("", "%s", none);
    asked = false;
}
