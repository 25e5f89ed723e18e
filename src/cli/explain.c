/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/recollection.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "policy/compile.h"
#include "policy/names.h"
#include "policy/search.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PORT_UNLESS_GIVEN 443

struct request {
    const char *config;
    const char *bytes; /* the file */
    const char *interface, *program, *unit, *user;
    bool listener;
    bool json;
    struct policy_subject subject;
};

#define TEXT(option, letter)                                                                       \
    {                                                                                              \
#option, letter, OPTION_TEXT, .target = offsetof(struct request, option)                   \
    }

static const struct verb_option options[] = {
    TEXT(bytes, 0),
    TEXT(config, 'c'),
    PAINT_OPTION,
    TEXT(interface, 0),
    JSON_OPTION(struct request, json),
    {"listen", .kind = OPTION_FLAG, .target = offsetof(struct request, listener)},
    TEXT(program, 0),
    TEXT(unit, 0),
    TEXT(user, 0),
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim explain [OPTION...] HOST[:PORT]|URL\n"
    "       tfoshim explain [OPTION...] --listen ADDRESS:PORT\n"
    "\n"
    "Says what a connect() to each address of a host, or a listener, would do now: which rule\n"
    "decides, what the kernel and tfoshim's memory know about the host, and what to do for a\n"
    "fast open. The default port is 443, or that of the URL's scheme.\n"
    "\n"
    "options:\n"
    "      --bytes FILE  say whether the bytes of this file, as a first write, may be "
    "delivered\n"
    "                    twice (replay-safe), and why\n"
    "  -c, --config FILE\n"
    "                    use this configuration instead of searching for one\n"
    "      --interface NAME\n"
    "                    assume this outgoing interface, or a listener on it\n" JSON_HELP
    "      --listen      explain a listener\n"
    "      --program NAME\n"
    "                    assume this program name or file; without it, rules that name\n"
    "                    programs do not match, and what was learned about programs is\n"
    "                    not considered\n"
    "      --unit UNIT   assume this systemd unit; without it, rules that name units\n"
    "                    do not match\n"
    "      --user USER   assume this user instead of the current one\n" PAINT_HELP
    "      --help        this text\n";

static const struct policy *load(const struct request *request)
{
    char path[PATH_MAX];
    if (request->config == NULL && !policy_search(path, sizeof path, true))
        return policy_builtin;
    return policy_compile(request->config == NULL ? path : request->config, &request->subject,
                          complain_report, NULL);
}

/* Both are there, one of them empty, so that programs need not look which was asked for. */
static struct json *begin_json(struct json *json, const struct explanation *explanation)
{
    struct json *connects, *listeners;
    json_string(json, "configuration", policy_path(explanation->policy));
    connects = json_array(json, "connects");
    listeners = json_array(json, "listeners");
    return explanation->listener ? listeners : connects;
}

/* The names are learned as the library learns them from the program's own look-ups. */
static void learn_names(const struct explanation *explanation, const struct addrinfo *addresses)
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
}

static void explain_each(const struct explanation *explanation, const struct addrinfo *addresses,
                         bool as_json)
{
    struct json *json = as_json ? json_new() : NULL;
    struct json *in = as_json ? begin_json(json, explanation) : NULL;
    struct endpoint endpoint;
    learn_names(explanation, addresses);
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next)
        if (endpoint_from_sockaddr(&endpoint, at->ai_addr, at->ai_addrlen))
            (explanation->listener ? explain_server : explain_client)(explanation, &endpoint, in);
    if (as_json)
        json_print(json);
}

/* What is asked for: a place, and what is said of it. EXIT_SUCCESS, or after a complaint what the
 * command is to return. */
static int read_question(struct explanation *explanation, struct place *place,
                         struct explain_bytes *bytes, const struct request *request,
                         const char *what)
{
    if (!place_read(place, what, "explain"))
        return EXIT_USAGE;
    if (request->listener && (place->port == 0 || !place->is_numeric)) {
        complain("explain: found \"%s\", expected an address and a port to listen on, such as "
                 "0.0.0.0:80 or [::]:80",
                 what);
        return EXIT_USAGE;
    }
    if (place->port == 0)
        place->port = PORT_UNLESS_GIVEN;
    if (request->bytes != NULL) {
        if (!explain_read_bytes(bytes, request->bytes))
            return EXIT_FAILURE;
        explanation->bytes = bytes;
    }
    explanation->policy = load(request);
    return explanation->policy != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int explain(const struct request *request, const char *what)
{
    struct place place;
    struct explain_bytes bytes;
    struct explanation explanation = {
        .listener = request->listener, .place = &place, .subject = &request->subject};
    struct addrinfo *addresses;
    const int status = read_question(&explanation, &place, &bytes, request, what);
    if (status != EXIT_SUCCESS)
        return status;
    explanation.link = explain_link(request->listener);
    recollection_set_up_as(request->subject.program);
    addresses = place_resolve(&place, AF_UNSPEC, "explain");
    if (addresses != NULL)
        explain_each(&explanation, addresses, request->json);
    if (explanation.link.fd >= 0)
        close(explanation.link.fd);
    if (explanation.policy != policy_builtin)
        munmap((void *)explanation.policy, policy_size(explanation.policy));
    if (addresses == NULL)
        return EXIT_FAILURE;
    freeaddrinfo(addresses);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* For whom it is asked. EXIT_SUCCESS, or what the command is to return. */
static int set_subject(struct request *request)
{
    if (request->program != NULL)
        explain_as_program(&request->subject, request->program);
    if (request->unit != NULL)
        explain_in_unit(&request->subject, request->unit);
    if (request->interface != NULL && !explain_by_interface(request->interface))
        return EXIT_USAGE;
    if (request->user != NULL && !find_user("explain", request->user, &request->subject.user))
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}

int explain_main(int argc, char **argv)
{
    static const struct syntax syntax = {"explain", help, options, OPERANDS_ONE, "host", 0};
    struct request request = {.subject.user = geteuid()};
    int status;
    char **words = options_read(&syntax, &request, argc, argv, &status);
    if (words != NULL)
        status = set_subject(&request);
    return words != NULL && status == EXIT_SUCCESS ? explain(&request, words[0]) : status;
}
