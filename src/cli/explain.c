/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/paint.h"
#include "cli/recollection.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/tcp.h"
#include "policy/compile.h"
#include "policy/names.h"
#include "policy/search.h"

#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PORT_UNLESS_GIVEN 443

static const struct option options[] = {
    {"bytes", required_argument, NULL, 'b'},
    {"config", required_argument, NULL, 'c'},
    PAINT_OPTION,
    {"help", no_argument, NULL, 'h'},
    {"interface", required_argument, NULL, 'i'},
    {"listen", no_argument, NULL, 'l'},
    {"program", required_argument, NULL, 'p'},
    {"unit", required_argument, NULL, 'U'},
    {"user", required_argument, NULL, 'u'},
    {NULL, 0, NULL, 0},
};

static int help(void)
{
    fputs(
        "usage: tfoshim explain [OPTION...] HOST[:PORT]\n"
        "       tfoshim explain [OPTION...] --listen ADDRESS:PORT\n"
        "\n"
        "Says what becomes of a connect() to each address of a host, or of a listener: which rule\n"
        "decides, what the kernel and tfoshim's memory hold of the host, what would happen now,\n"
        "and what to do for a fast open. The port is 443 unless given.\n"
        "\n"
        "options:\n"
        "      --bytes FILE  say whether the bytes of this file, as a first write, may be "
        "delivered\n"
        "                    twice (replay-safe), and why\n"
        "  -c, --config FILE\n"
        "                    the configuration, instead of what \"tfoshim check\" finds\n"
        "      --interface NAME\n"
        "                    as if it left by this interface, or were a listener on it\n"
        "      --listen      explain a listener\n"
        "      --program NAME\n"
        "                    as the program of this name, or file; without it rules that name\n"
        "                    programs do not match, and what was learned of programs does not\n"
        "                    count\n"
        "      --unit UNIT   as a process of this systemd unit; without it rules that name units\n"
        "                    do not match\n"
        "      --user USER   as a process of this user, not one's own: which rules "
        "match\n" PAINT_HELP "      --help        this text\n",
        stdout);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

void explain_line(const char *topic, const char *format, ...)
{
    va_list arguments;

    printf("  %-6s  ", topic);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

char *explain_decider(const struct policy *policy, const char *file, uint32_t line,
                      const char *group)
{
    const char *path = policy_path(policy);

    if (line != 0)
        return need_text("by the rule at %s:%u", file, line);
    if (path != NULL)
        return need_text("by the default of \"%s\" in %s: no rule matches", group, path);
    return need_text("by the built-in policy: there is no configuration file");
}

/* Without a file both groups are on, so there is one wherever this is asked. */
void explain_how_to_enable(const struct explanation *explanation, const char *file, uint32_t line,
                           const char *group)
{
    const struct place *place = explanation->place;
    const char *key = place->is_numeric ? "address" : "host";

    if (line != 0)
        explain_line("to do", "put { %s = \"%s\"; port = %u; } before the rule at %s:%u", key,
                     place->host, place->port, file, line);
    else
        explain_line("to do", "add { %s = \"%s\"; port = %u; } to the rules of \"%s\" in %s", key,
                     place->host, place->port, group, policy_path(explanation->policy));
}

struct request {
    const char *config;
    struct policy_subject subject;
    const char *bytes; /* the file */
    bool listener;
};

static const struct policy *load(const struct request *request)
{
    char path[PATH_MAX];

    if (request->config == NULL && !policy_search(path, sizeof(path), true))
        return policy_builtin;
    return policy_compile(request->config == NULL ? path : request->config, &request->subject,
                          complain_report, NULL);
}

static void explain_one(const struct explanation *explanation, bool listener,
                        const struct endpoint *endpoint)
{
    char text[PLACE_TEXT_MOST];

    place_endpoint_text(text, endpoint);
    printf("%s%s%s\n", paint_on(PAINT_HEADING), text, paint_off());
    (listener ? explain_server : explain_client)(explanation, endpoint);
}

/* The names are learned as the library learns them from the program's own look-ups. */
static void explain_each(const struct explanation *explanation, bool listener,
                         const struct addrinfo *addresses)
{
    struct endpoint endpoint, before = {.port = 0};

    names_follow(explanation->policy);
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next)
        if (endpoint_from_sockaddr(&endpoint, at->ai_addr, at->ai_addrlen)) {
            names_learn(explanation->policy, explanation->place->host, &endpoint);
            if (at != addresses)
                names_learn_siblings(&before, &endpoint);
            before = endpoint;
        }
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next)
        if (endpoint_from_sockaddr(&endpoint, at->ai_addr, at->ai_addrlen))
            explain_one(explanation, listener, &endpoint);
}

static int explain(const struct request *request, const char *what)
{
    struct place place;
    struct explain_bytes bytes;
    struct explanation explanation = {.place = &place, .subject = &request->subject};
    struct addrinfo *addresses;

    if (!place_read(&place, what, "explain"))
        return EXIT_USAGE;
    if (request->listener && (place.port == 0 || !place.is_numeric)) {
        complain("explain: found \"%s\", expected an address and a port to listen on, such as "
                 "0.0.0.0:80 or [::]:80",
                 what);
        return EXIT_USAGE;
    }
    if (place.port == 0)
        place.port = PORT_UNLESS_GIVEN;
    if (request->bytes != NULL) {
        if (!explain_read_bytes(&bytes, request->bytes))
            return EXIT_FAILURE;
        explanation.bytes = &bytes;
    }
    explanation.policy = load(request);
    if (explanation.policy == NULL)
        return EXIT_FAILURE;
    kernel_syscall = syscall;
    explanation.link = explain_link(request->listener);
    recollection_set_up_as(request->subject.program);
    addresses = place_resolve(&place, AF_UNSPEC, "explain");
    explain_each(&explanation, request->listener, addresses);
    if (explanation.link.fd >= 0)
        close(explanation.link.fd);
    if (explanation.policy != policy_builtin)
        munmap((void *)explanation.policy, policy_size(explanation.policy));
    if (addresses == NULL)
        return EXIT_FAILURE;
    freeaddrinfo(addresses);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int explain_main(int argc, char **argv)
{
    struct request request = {.subject.user = geteuid()};
    int answer;

    opterr = 0;
    while ((answer = getopt_long(argc, argv, ":c:h", options, NULL)) != -1) {
        if (answer == 'h')
            return help();
        if (answer == 'c') {
            request.config = optarg;
        } else if (answer == 'b') {
            request.bytes = optarg;
        } else if (answer == 'l') {
            request.listener = true;
        } else if (answer == 'p') {
            explain_as_program(&request.subject, optarg);
        } else if (answer == 'i') {
            if (!explain_by_interface(optarg))
                return EXIT_USAGE;
        } else if (answer == 'U') {
            explain_in_unit(&request.subject, optarg);
        } else if (answer == 'u') {
            if (!find_user("explain", optarg, &request.subject.user))
                return EXIT_FAILURE;
        } else if (answer != 'C') {
            complain_option(argv, options, answer);
            return EXIT_USAGE;
        } else if (!paint_choose(optarg)) {
            return EXIT_USAGE;
        }
    }
    if (argc - optind != 1) {
        complain("explain: expected one host, see tfoshim explain --help");
        return EXIT_USAGE;
    }
    return explain(&request, argv[optind]);
}
