/* SPDX-License-Identifier: MIT */
#include "policy/search.h"
#include "check.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/tfoshim-search-XXXXXX";
static char path[PATH_MAX];

static void make_file(const char *name)
{
    char file[PATH_MAX];
    int fd;
    snprintf(file, sizeof file, "%s/%s", directory, name);
    fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    close(fd);
}

static void unmake(const char *name)
{
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s/%s", directory, name);
    CHECK(remove(file) == 0);
}

/* The file that is found, without the directory of the test; "" for none. */
static const char *found(bool trust)
{
    memset(path, 'x', sizeof path);
    if (!policy_search(path, sizeof path, trust))
        return "";
    return strncmp(path, directory, strlen(directory)) == 0 ? path + strlen(directory) : path;
}

static void in_order(void)
{
    /* Where a system-wide file is installed it is the last answer. */
    const char *last = access(policy_system_file, F_OK) == 0 ? policy_system_file : "";
    CHECK_STRING(found(true), last);
    make_file("home/.config/tfoshim.conf");
    CHECK_STRING(found(true), "/home/.config/tfoshim.conf");
    setenv("XDG_CONFIG_HOME", directory, 1);
    CHECK_STRING(found(true), last);
    make_file("tfoshim.conf");
    CHECK_STRING(found(true), "/tfoshim.conf");
    setenv("XDG_CONFIG_HOME", "relative", 1);
    CHECK_STRING(found(true), "/home/.config/tfoshim.conf");
    setenv("XDG_CONFIG_HOME", directory, 1);
    setenv("TFOSHIM_CONFIG", "/not/there", 1);
    CHECK_STRING(found(true), "/not/there");
    setenv("TFOSHIM_CONFIG", "", 1);
    CHECK_STRING(found(true), "");
    CHECK_STRING(found(false), last);
    unsetenv("TFOSHIM_CONFIG");
    CHECK_STRING(found(false), last);
}

static void home_is_absolute(void)
{
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("TFOSHIM_CONFIG");
    CHECK(chdir(directory) == 0);
    setenv("HOME", "home", 1);
    CHECK(access("home/.config/tfoshim.conf", F_OK) == 0);
    CHECK_STRING(found(true), access(policy_system_file, F_OK) == 0 ? policy_system_file : "");
}

static void no_home(void)
{
    unsetenv("HOME");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("TFOSHIM_CONFIG");
    CHECK_STRING(found(true), access(policy_system_file, F_OK) == 0 ? policy_system_file : "");
}

static void a_name_that_does_not_fit(void)
{
    char small[8];
    setenv("TFOSHIM_CONFIG", "/1234567", 1);
    CHECK(!policy_search(small, sizeof small, true));
    setenv("TFOSHIM_CONFIG", "/123456", 1);
    CHECK(policy_search(small, sizeof small, true));
    CHECK_STRING(small, "/123456");
}

static const struct test_case cases[] = {
    {"in_order", in_order},
    {"a_name_that_does_not_fit", a_name_that_does_not_fit},
    {"home_is_absolute", home_is_absolute},
    {"no_home", no_home},
};

int main(int argc, char **argv)
{
    char home[PATH_MAX], config[PATH_MAX + 16];
    int status;
    CHECK(mkdtemp(directory) != NULL);
    snprintf(home, sizeof home, "%s/home", directory);
    snprintf(config, sizeof config, "%s/.config", home);
    CHECK(mkdir(home, 0700) == 0 && mkdir(config, 0700) == 0);
    setenv("HOME", home, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("TFOSHIM_CONFIG");
    status = run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
    unmake("tfoshim.conf");
    unmake("home/.config/tfoshim.conf");
    unmake("home/.config");
    unmake("home");
    rmdir(directory);
    return status;
}
