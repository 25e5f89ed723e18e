/* SPDX-License-Identifier: MIT */
/* What the compiler must leave alone in the process that it is loaded into. */
#include "check.h"
#include "policy/compile.h"
#include "policy/flat.h"
#include "policy_text.h"

#include <fcntl.h>
#include <locale.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sanitizers need more address space than any limit that malloc would notice. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static void count_reports(void *context, const char *message)
{
    CHECK(strchr(message, '\n') == NULL);
    ++*(unsigned *)context;
}

static void locale_is_kept(void)
{
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0), before;
    CHECK(locale != (locale_t)0);
    before = uselocale(locale);
    discard(compile_text("client = { default = \"on\"; };"));
    CHECK(uselocale((locale_t)0) == locale);
    uselocale(before);
    freelocale(locale);
}

/* The lowest descriptor that is free shows whether one was left open below it. */
static int lowest_free(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    close(fd);
    return fd;
}

static void descriptors_are_closed(void)
{
    static const char *const paths[] = {"/", "/dev/null", "/nonexistent/tfoshim.conf"};
    int before = lowest_free();
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        unsigned reports = 0;
        CHECK(policy_compile(paths[i], NULL, count_reports, &reports) == NULL);
        CHECK_EQUAL(reports, 1);
        CHECK_EQUAL(lowest_free(), before);
    }
    discard(compile_text(""));
    CHECK_EQUAL(lowest_free(), before);
}

/* The kernel answers EFAULT where it may not write. */
static void block_is_read_only(void)
{
    const struct policy *policy = compile_text("");
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    CHECK(zero >= 0);
    CHECK(read(zero, (void *)policy, 1) == -1);
    close(zero);
    discard(policy);
}

/* A text of `rules` rules in a memory file; returns the descriptor. */
static int large_file(unsigned rules, char path[64])
{
    int fd = memfd_create("policy", 0);
    FILE *stream = fdopen(dup(fd), "w");
    CHECK(stream != NULL && fchmod(fd, 0600) == 0);
    fputs("client = { rules = (\n", stream);
    for (unsigned i = 0; i < rules; i++)
        fprintf(stream, "{ address = \"10.0.0.0/8\"; port = %u; },\n", i % 60000 + 1);
    fputs("{ } ) };\n", stream);
    fclose(stream);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

/* Compiles under ever tighter limits of memory: whatever gives out, it is one report and no death.
 */
static void lack_of_memory_is_an_error(void)
{
    char path[64];
    int fd = large_file(20000, path);
    unsigned failures = SANITIZED;
    for (rlim_t limit = 8; limit <= 256 && !SANITIZED; limit += 8) {
        pid_t child = fork();
        int status;
        CHECK(child >= 0);
        if (child == 0) {
            struct rlimit memory = {.rlim_cur = limit << 20, .rlim_max = limit << 20};
            unsigned reports = 0;
            const struct policy *policy;
            setrlimit(RLIMIT_AS, &memory);
            policy = policy_compile(path, NULL, count_reports, &reports);
            _exit(policy != NULL ? 0 : reports == 1 ? 1 : 2);
        }
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) <= 1);
        failures += WEXITSTATUS(status) == 1;
    }
    CHECK(failures > 0);
    close(fd);
}

static void size_is_the_blocks(void)
{
    const struct policy *small = compile_text(""), *large;
    char path[64];
    int fd = large_file(1000, path);
    large = policy_compile(path, NULL, count_reports, NULL);
    CHECK(large != NULL);
    CHECK(policy_size(small) < 1024);
    CHECK(policy_size(large) > 1000 * sizeof(struct policy_rule));
    discard(small);
    discard(large);
    close(fd);
}

static const struct test_case cases[] = {
    {"locale_is_kept", locale_is_kept},
    {"descriptors_are_closed", descriptors_are_closed},
    {"block_is_read_only", block_is_read_only},
    {"lack_of_memory_is_an_error", lack_of_memory_is_an_error},
    {"size_is_the_blocks", size_is_the_blocks},
};

TEST_MAIN(cases)
