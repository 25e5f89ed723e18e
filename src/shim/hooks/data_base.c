/* SPDX-License-Identifier: MIT */
/*
 * Users, groups, services and the like may be asked of a server, by a module of the C library's or
 * a daemon: as with the names of hosts, nobody waits with a connect that is deferred.
 */
#include "shim/hooks/wait_hook.h"

/* By what is looked for: a call whose answer is the C library's own, and one into a buffer. */
#define LOOK_UP_HOOKS(name, entry, parameters, arguments)                                          \
    WAIT_HOOK(struct entry *, name, (parameters), (arguments))                                     \
    WAIT_HOOK(int, name##_r,                                                                       \
              (parameters, struct entry *restrict found, char *restrict buffer, size_t size,       \
               struct entry **restrict answer),                                                    \
              (arguments, found, buffer, size, answer))
#define COMMA ,

LOOK_UP_HOOKS(getpwnam, passwd, const char *restrict name, name)
LOOK_UP_HOOKS(getpwuid, passwd, uid_t user, user)
LOOK_UP_HOOKS(getgrnam, group, const char *restrict name, name)
LOOK_UP_HOOKS(getgrgid, group, gid_t group, group)
LOOK_UP_HOOKS(getspnam, spwd, const char *name, name)
LOOK_UP_HOOKS(getsgnam, sgrp, const char *name, name)
LOOK_UP_HOOKS(getservbyname, servent, const char *restrict name COMMA const char *restrict protocol,
              name COMMA protocol)
LOOK_UP_HOOKS(getservbyport, servent, int port COMMA const char *restrict protocol,
              port COMMA protocol)
LOOK_UP_HOOKS(getprotobyname, protoent, const char *restrict name, name)
LOOK_UP_HOOKS(getprotobynumber, protoent, int number, number)
LOOK_UP_HOOKS(getrpcbyname, rpcent, const char *name, name)
LOOK_UP_HOOKS(getrpcbynumber, rpcent, int number, number)
LOOK_UP_HOOKS(getaliasbyname, aliasent, const char *restrict name, name)

/* Networks have an error of their own. */
#define NETWORK_HOOKS(name, parameters, arguments)                                                 \
    WAIT_HOOK(struct netent *, name, (parameters), (arguments))                                    \
    WAIT_HOOK(int, name##_r,                                                                       \
              (parameters, struct netent *restrict found, char *restrict buffer, size_t size,      \
               struct netent **restrict answer, int *restrict error),                              \
              (arguments, found, buffer, size, answer, error))

NETWORK_HOOKS(getnetbyname, const char *restrict name, name)
NETWORK_HOOKS(getnetbyaddr, uint32_t address COMMA int family, address COMMA family)

/* One after the other. */
#define NEXT_ENTRY_HOOKS(name, entry)                                                              \
    WAIT_HOOK(struct entry *, name, (void), ())                                                    \
    WAIT_HOOK(int, name##_r,                                                                       \
              (struct entry *restrict found, char *restrict buffer, size_t size,                   \
               struct entry **restrict answer),                                                    \
              (found, buffer, size, answer))
#define NEXT_NAME_HOOKS(name, entry)                                                               \
    WAIT_HOOK(struct entry *, name, (void), ())                                                    \
    WAIT_HOOK(int, name##_r,                                                                       \
              (struct entry *restrict found, char *restrict buffer, size_t size,                   \
               struct entry **restrict answer, int *restrict error),                               \
              (found, buffer, size, answer, error))

NEXT_ENTRY_HOOKS(getpwent, passwd)
NEXT_ENTRY_HOOKS(getgrent, group)
NEXT_ENTRY_HOOKS(getspent, spwd)
NEXT_ENTRY_HOOKS(getsgent, sgrp)
NEXT_ENTRY_HOOKS(getservent, servent)
NEXT_ENTRY_HOOKS(getprotoent, protoent)
NEXT_ENTRY_HOOKS(getrpcent, rpcent)
NEXT_ENTRY_HOOKS(getaliasent, aliasent)
NEXT_NAME_HOOKS(getnetent, netent)
NEXT_NAME_HOOKS(gethostent, hostent)

WAIT_HOOK(int, getpw, (uid_t user, char *buffer), (user, buffer))
WAIT_HOOK(int, getgrouplist, (const char *user, gid_t group, gid_t *groups, int *count),
          (user, group, groups, count))
WAIT_HOOK(int, initgroups, (const char *user, gid_t group), (user, group))
WAIT_HOOK(int, innetgr, (const char *group, const char *host, const char *user, const char *domain),
          (group, host, user, domain))
WAIT_HOOK(int, setnetgrent, (const char *group), (group))
WAIT_HOOK(int, getnetgrent, (char **restrict host, char **restrict user, char **restrict domain),
          (host, user, domain))
WAIT_HOOK(int, getnetgrent_r,
          (char **restrict host, char **restrict user, char **restrict domain,
           char *restrict buffer, size_t size),
          (host, user, domain, buffer, size))
WAIT_HOOK(int, ether_hostton, (const char *name, struct ether_addr *address), (name, address))
WAIT_HOOK(int, ether_ntohost, (char *name, const struct ether_addr *address), (name, address))
WAIT_HOOK(long, gethostid, (void), ())

/* Connections that the C library makes, and what it asks about those that were made to it. */
WAIT_HOOK(int, rcmd,
          (char **restrict host, unsigned short port, const char *restrict local,
           const char *restrict remote, const char *restrict command, int *restrict error_fd),
          (host, port, local, remote, command, error_fd))
WAIT_HOOK(int, rcmd_af,
          (char **restrict host, unsigned short port, const char *restrict local,
           const char *restrict remote, const char *restrict command, int *restrict error_fd,
           sa_family_t family),
          (host, port, local, remote, command, error_fd, family))
WAIT_HOOK(int, rexec,
          (char **restrict host, int port, const char *restrict name, const char *restrict password,
           const char *restrict command, int *restrict error_fd),
          (host, port, name, password, command, error_fd))
WAIT_HOOK(int, rexec_af,
          (char **restrict host, int port, const char *restrict name, const char *restrict password,
           const char *restrict command, int *restrict error_fd, sa_family_t family),
          (host, port, name, password, command, error_fd, family))
WAIT_HOOK(int, ruserok, (const char *host, int superuser, const char *remote, const char *local),
          (host, superuser, remote, local))
WAIT_HOOK(int, ruserok_af,
          (const char *host, int superuser, const char *remote, const char *local,
           sa_family_t family),
          (host, superuser, remote, local, family))
WAIT_HOOK(int, iruserok, (uint32_t address, int superuser, const char *remote, const char *local),
          (address, superuser, remote, local))
WAIT_HOOK(int, iruserok_af,
          (const void *address, int superuser, const char *remote, const char *local,
           sa_family_t family),
          (address, superuser, remote, local, family))
