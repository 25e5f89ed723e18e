/* SPDX-License-Identifier: MIT */
#include "cli/options.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/cookie_keys.h"
#include "kernel/private_file.h"
#include "kernel/proc.h"
#include "kernel/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define SYSCTL "tcp_fastopen_key"
#define SYSCTL_FILE "/proc/sys/net/ipv4/" SYSCTL

#define PURPOSE "tfoshim tcp_fastopen_key "
#define SECONDS_OF_DAY 86400
#define SECRET_LEAST 16
#define SECRET_MOST 4096

struct secret {
    size_t length;
    char bytes[SECRET_MOST + 1];
};

struct request {
    const char *secret; /* a file, or NULL */
    time_t day;         /* 0: today */
};

/* The noon of a UTC day. Only what is written as it would be written back: no "2026-2-31". */
static bool read_day(const char *text, time_t *time)
{
    struct tm utc = {.tm_hour = 12};
    char again[16];
    const char *end = strptime(text, "%Y-%m-%d", &utc);
    if (end == NULL || *end != '\0')
        return false;
    *time = timegm(&utc);
    return strftime(again, sizeof again, "%Y-%m-%d", &utc) > 0 && strcmp(text, again) == 0;
}

static int take_day(void *of, const struct verb_option *option, const char *day)
{
    struct request *request = of;
    if (read_day(day, &request->day))
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

/* ---- the keys of the kernel ---- */

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

/* ---- keys that a fleet makes by itself, each machine from the same secret and the day ---- */

/* NULL, or what is wrong with the file. */
static const char *load_secret(const char *path, struct secret *secret)
{
    const char *problem =
        private_file_read(path, secret->bytes, sizeof secret->bytes, &secret->length);
    if (problem == NULL && secret->length < SECRET_LEAST)
        return "found less than 16 bytes, expected a secret of 16 bytes or more";
    return problem;
}

/* A day's key is the first half of HMAC-SHA-256(secret, "tfoshim tcp_fastopen_key 2026-01-31"), the
 * day in UTC. One day's key tells nothing of another's, nor of the secret. */
static void key_text(char text[COOKIE_KEY_DIGITS + 1], const struct secret *secret, time_t time)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct hmac_sha256_ctx context;
    char day[16];
    struct tm utc;
    size_t at = 0;
    gmtime_r(&time, &utc);
    strftime(day, sizeof day, "%Y-%m-%d", &utc);
    hmac_sha256_set_key(&context, secret->length, (const uint8_t *)secret->bytes);
    hmac_sha256_update(&context, strlen(PURPOSE), (const uint8_t *)PURPOSE);
    hmac_sha256_update(&context, strlen(day), (const uint8_t *)day);
    hmac_sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < COOKIE_KEY_BYTES; i++)
        at += (size_t)snprintf(text + at, COOKIE_KEY_DIGITS + 1 - at, "%s%02x",
                               i > 0 && i % 4 == 0 ? "-" : "", digest[i]);
    explicit_bzero(&context, sizeof context);
    explicit_bzero(digest, sizeof digest);
}

/* The key of the UTC day that `time` lies in, and as its backup that of the day before. */
static void derive(struct cookie_keys *keys, const struct secret *secret, time_t time)
{
    char text[COOKIE_KEYS_TEXT_SIZE];
    key_text(text, secret, time);
    text[COOKIE_KEY_DIGITS] = ',';
    key_text(text + COOKIE_KEY_DIGITS + 1, secret, time - SECONDS_OF_DAY);
    cookie_keys_read(keys, text, strlen(text));
    explicit_bzero(text, sizeof text);
}

static bool derived_keys(struct cookie_keys *keys, const struct request *request)
{
    struct secret secret;
    const char *problem = load_secret(request->secret, &secret);
    if (problem == NULL)
        derive(keys, &secret, request->day != 0 ? request->day : time(NULL));
    else
        complain("key: %s: %s", request->secret, problem);
    explicit_bzero(&secret, sizeof secret);
    return problem == NULL;
}

/* ---- the verb ---- */

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
