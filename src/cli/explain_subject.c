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

/* Which rules cannot match because an option is not given; NULL: none. */
static const char *unsaid(const struct explanation *explanation)
{
    const struct policy_subject *subject = explanation->subject;
    const bool program = subject->program == NULL && selects(explanation->policy, SELECT_PROGRAM);
    const bool unit = subject->cgroups == NULL && selects(explanation->policy, SELECT_UNIT);
    if (program && unit)
        return "rules with program or unit match only with --program or --unit";
    if (program)
        return "rules with program match only with --program";
    return unit ? "rules with unit match only with --unit" : NULL;
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

/* ---- what came of it ---- */

struct explain_selection explain_selection(const struct explanation *explanation)
{
    struct explain_selection selection = {.interface = ""};
    const char **caveat = selection.caveats;
    if (asked && found == INTERFACE_KNOWN)
        memcpy(selection.interface, told, sizeof told);
    if (asked && found == INTERFACE_NONE)
        *caveat++ = explanation->listener
                        ? "is on no single interface, so rules with interface do not match"
                        : "there is no route to it, so rules with interface do not match";
    if (unsaid(explanation) != NULL)
        *caveat++ = unsaid(explanation);
    if (!explanation->listener && explanation->place->is_numeric &&
        explanation->policy->hosts.count > 0)
        *caveat = "rules with host match only addresses that the program has looked up by name";
    asked = false;
    return selection;
}

void explain_print_selection(const struct explain_selection *selection, const char *how)
{
    if (selection->interface[0] != '\0')
        explain_line("", "%s %s", how, selection->interface);
    for (const char *const *caveat = selection->caveats; *caveat != NULL; caveat++)
        explain_line("", "%s", *caveat);
}

void explain_put_selection(struct json *in, const struct explain_selection *selection)
{
    struct json *caveats;
    json_string(in, "interface", selection->interface[0] != '\0' ? selection->interface : NULL);
    caveats = json_array(in, "caveats");
    for (const char *const *caveat = selection->caveats; *caveat != NULL; caveat++)
        json_string(caveats, NULL, *caveat);
}
