/* SPDX-License-Identifier: MIT */
/* Looking up users and groups. Files answer here, at once; elsewhere a server may. */
#include "answers.h"
#include "named.h"
#include "rendezvous.h"

#include <aliases.h>
#include <grp.h>
#include <gshadow.h>
#include <netdb.h>
#include <pwd.h>
#include <shadow.h>
#include <unistd.h>

NAMED(int, getpw, uid_t, char *);

static char *host, *user, *domain;
static gid_t groups[64];
static int count = 64;

/* A line for each name, with what it answers. */
#define LOOK_UPS(ROW)                                                                              \
    ROW(getpwnam, getpwnam("root") != NULL)                                                        \
    ROW(getpwnam_r, INTO(passwd, getpwnam_r("root", FOUND)))                                       \
    ROW(getpwuid, getpwuid(0) != NULL)                                                             \
    ROW(getpwuid_r, INTO(passwd, getpwuid_r(0, FOUND)))                                            \
    ROW(getpwent, getpwent() != NULL)                                                              \
    ROW(getpwent_r, INTO(passwd, getpwent_r(FOUND)))                                               \
    ROW(getpw, named_getpw(0, answer_buffer))                                                      \
    ROW(getspnam, getspnam("root") != NULL)                                                        \
    ROW(getspnam_r, INTO(spwd, getspnam_r("root", FOUND)))                                         \
    ROW(getspent, getspent() != NULL)                                                              \
    ROW(getspent_r, INTO(spwd, getspent_r(FOUND)))                                                 \
    ROW(getgrnam, getgrnam("root") != NULL)                                                        \
    ROW(getgrnam_r, INTO(group, getgrnam_r("root", FOUND)))                                        \
    ROW(getgrgid, getgrgid(0) != NULL)                                                             \
    ROW(getgrgid_r, INTO(group, getgrgid_r(0, FOUND)))                                             \
    ROW(getgrent, getgrent() != NULL)                                                              \
    ROW(getgrent_r, INTO(group, getgrent_r(FOUND)))                                                \
    ROW(getgrouplist, getgrouplist("root", 0, groups, &count))                                     \
    ROW(initgroups, initgroups("root", 0))                                                         \
    ROW(getsgnam, getsgnam("root") != NULL)                                                        \
    ROW(getsgnam_r, INTO(sgrp, getsgnam_r("root", FOUND)))                                         \
    ROW(getsgent, getsgent() != NULL)                                                              \
    ROW(getsgent_r, INTO(sgrp, getsgent_r(FOUND)))                                                 \
    ROW(getaliasbyname, getaliasbyname("root") != NULL)                                            \
    ROW(getaliasbyname_r, INTO(aliasent, getaliasbyname_r("root", FOUND)))                         \
    ROW(getaliasent, getaliasent() != NULL)                                                        \
    ROW(getaliasent_r, INTO(aliasent, getaliasent_r(FOUND)))                                       \
    ROW(innetgr, innetgr("all", "host", "root", NULL))                                             \
    ROW(setnetgrent, setnetgrent("all"))                                                           \
    ROW(getnetgrent, getnetgrent(&host, &user, &domain))                                           \
    ROW(getnetgrent_r, getnetgrent_r(&host, &user, &domain, answer_buffer, sizeof answer_buffer))

/* Programs call getpw() all the same. NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.getpw) */
LOOK_UPS(ANSWER)

const struct way user_ways[] = {LOOK_UPS(ANSWER_WAY){0}};
