/* SPDX-License-Identifier: MIT */
#include "cli/key_derive.h"
#include "cli/options.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/proc.h"
#include "kernel/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SYSCTL "tcp_fastopen_key"
#define SYSCTL_FILE "/proc/sys/net/ipv4/" SYSCTL

struct request {
    const char *secret; /* a file, or NULL */
    time_t day;         /* 0: today */
};

static int take_day(void *of, const struct verb_option *option, const char *day)
{
    struct request *request = of;
    if (key_day_read(day, &request->day))
        return EXIT_SUCCESS;
    return option_unexpected(option, day, "a day such as 2026-01-31");
}

static const struct verb_option options[] = {
    {"day", .kind = OPTION_TAKE, .take = take_day},
    {"secret", .kind = OPTION_TEXT, .target = offsetof(struct request, secret)},
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim key show [--secret FILE [--day DAY]]\n"
    "       tfoshim key set KEY[,BACKUP]\n"
    "       tfoshim key rotate [--secret FILE [--day DAY]]\n"
    "\n"
    "Manages the keys from which listeners of this network namespace generate their cookies: a\n"
    "primary key, and a backup whose cookies are still accepted. Only root can read or set them.\n"
    "  show    prints the keys, or with --secret those derived from it\n"
    "  set     sets the keys; \"-\" reads them from standard input, which keeps them out of the\n"
    "          process list\n"
    "  rotate  generates a primary key and makes the previous one the backup\n"
    "\n"
    "options:\n"
    "      --secret FILE\n"
    "                    derive the keys from this secret and the UTC date: machines that\n"
    "                    share the secret rotate in step\n"
    "      --day DAY     use another UTC date, such as 2026-01-31\n"
    "      --help        this text\n";

/* Until one is needed the kernel has none, and shows zeros. */
static bool is_none(const struct cookie_keys *keys)
{
    static const uint8_t zeros[COOKIE_KEY_BYTES];
    return memcmp(keys->bytes, zeros, sizeof zeros) == 0;
}

static bool keys_in_force(struct cookie_keys *keys)
{
    char text[COOKIE_KEYS_TEXT_SIZE + 8];
    if (!proc_sysctl(SYSCTL, text, sizeof text)) {
        if (errno == EACCES || errno == EPERM)
            complain_errno("key: only root may read " SYSCTL_FILE);
        else
            complain_errno("key: cannot read " SYSCTL_FILE);
        return false;
    }
    if (cookie_keys_read(keys, text, strlen(text)))
        return true;
    complain("key: found \"%s\" in " SYSCTL_FILE ", expected " COOKIE_KEYS_EXPECTED, text);
    return false;
}

static bool write_sysctl(const char *text)
{
    const int fd = open(SYSCTL_FILE, O_WRONLY | O_CLOEXEC);
    const bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (!written && (errno == EACCES || errno == EPERM))
        complain_errno("key: only root may write " SYSCTL_FILE);
    else if (!written)
        complain_errno("key: cannot write " SYSCTL_FILE);
    if (fd >= 0)
        close(fd);
    return written;
}

static int put_in_force(const struct cookie_keys *keys)
{
    char text[COOKIE_KEYS_TEXT_SIZE];
    bool done;
    cookie_keys_write(text, keys);
    done = write_sysctl(text);
    explicit_bzero(text, sizeof text);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool derived_keys(struct cookie_keys *keys, const struct request *request)
{
    struct key_secret secret;
    const char *problem = key_secret_load(request->secret, &secret);
    if (problem == NULL)
        key_derive(keys, &secret, request->day != 0 ? request->day : time(NULL));
    else
        complain("key: %s: %s", request->secret, problem);
    explicit_bzero(&secret, sizeof secret);
    return problem == NULL;
}

static int show(const struct request *request)
{
    char text[COOKIE_KEYS_TEXT_SIZE];
    struct cookie_keys keys;
    if (!(request->secret != NULL ? derived_keys(&keys, request) : keys_in_force(&keys)))
        return EXIT_FAILURE;
    cookie_keys_write(text, &keys);
    if (is_none(&keys)) {
        puts("none yet: the kernel generates one for the first listener that accepts data in SYNs");
    } else {
        printf("primary %.*s\n", COOKIE_KEY_DIGITS, text);
        printf("backup  %s\n", keys.count > 1 ? text + COOKIE_KEY_DIGITS + 1 : "none");
    }
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int set(const char *given)
{
    char line[COOKIE_KEYS_TEXT_SIZE + 32] = "";
    struct cookie_keys keys;
    if (strcmp(given, "-") == 0) {
        if (fgets(line, sizeof line, stdin) != NULL)
            line[strcspn(line, "\n")] = '\0';
        given = line;
    }
    if (!cookie_keys_read(&keys, given, strlen(given))) {
        complain("key: found \"%s\", expected " COOKIE_KEYS_EXPECTED, given);
        return EXIT_USAGE;
    }
    return put_in_force(&keys);
}

/* Twice a day is once: the backup must not become the day's own key. */
static int rotate_by_secret(const struct request *request)
{
    struct cookie_keys now, wanted;
    if (!derived_keys(&wanted, request) || !keys_in_force(&now))
        return EXIT_FAILURE;
    if (now.count == wanted.count && memcmp(now.bytes, wanted.bytes, sizeof now.bytes) == 0)
        return EXIT_SUCCESS;
    return put_in_force(&wanted);
}

static int rotate_at_random(void)
{
    struct cookie_keys now, wanted;
    if (!keys_in_force(&now))
        return EXIT_FAILURE;
    wanted.count = is_none(&now) ? 1 : 2;
    memcpy(wanted.bytes + COOKIE_KEY_BYTES, now.bytes, COOKIE_KEY_BYTES);
    if (getrandom(wanted.bytes, COOKIE_KEY_BYTES, 0) != COOKIE_KEY_BYTES) {
        complain_errno("key: cannot get random bytes");
        return EXIT_FAILURE;
    }
    return put_in_force(&wanted);
}

static int act(const struct request *request, char **words)
{
    static const char *const known[] = {"show", "set", "rotate"};
    const char *action = words[0] != NULL ? words[0] : "";
    const bool is_set = strcmp(action, "set") == 0;
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    if (count != (is_set ? 2 : 1) || (is_set && request->secret != NULL) ||
        (request->day != 0 && request->secret == NULL)) {
        complain("key: expected show, set KEY[,BACKUP] or rotate, see tfoshim key --help");
        return EXIT_USAGE;
    }
    if (is_set)
        return set(words[1]);
    if (strcmp(action, "show") == 0)
        return show(request);
    if (strcmp(action, "rotate") == 0)
        return request->secret != NULL ? rotate_by_secret(request) : rotate_at_random();
    complain_unknown(NULL, "command", "key ", action, known, sizeof known / sizeof known[0]);
    return EXIT_USAGE;
}

int key_main(int argc, char **argv)
{
    static const struct syntax syntax = {"key", help, options, OPERANDS_ANY, NULL, 0};
    struct request request = {.secret = NULL};
    int status;
    char **words = options_read(&syntax, &request, argc, argv, &status);
    return words != NULL ? act(&request, words) : status;
}
