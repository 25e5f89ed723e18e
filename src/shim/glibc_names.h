/* SPDX-License-Identifier: MIT */
/*
 * What hooks.def names and only glibc has, for another C library's headers: the table of next
 * functions has a place for each, which nothing is found for and no program asks for. Where nothing
 * is looked at, structures have no content.
 */
#ifndef TFOSHIM_SHIM_GLIBC_NAMES_H
#define TFOSHIM_SHIM_GLIBC_NAMES_H

#include <stdint.h>

/* musl's headers may have them as macros for what they are there. */
#undef aio_read64
#undef aio_suspend64
#undef aio_write64
#undef lio_listio64
#undef lockf64
#undef off64_t
#undef preadv64v2
#undef pwritev64v2
#undef sendfile64

typedef off_t off64_t;
__typeof__(aio_read) aio_read64;
__typeof__(aio_suspend) aio_suspend64;
__typeof__(aio_write) aio_write64;
__typeof__(fcntl) fcntl64;
__typeof__(lio_listio) lio_listio64;
__typeof__(lockf) lockf64;
__typeof__(sendfile) sendfile64;
ssize_t preadv2(int, const struct iovec *, int, off_t, int);
ssize_t preadv64v2(int, const struct iovec *, int, off64_t, int);
ssize_t pwritev2(int, const struct iovec *, int, off_t, int);
ssize_t pwritev64v2(int, const struct iovec *, int, off64_t, int);

int pthread_clockjoin_np(pthread_t, void **, clockid_t, const struct timespec *);
int pthread_cond_clockwait(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
int pthread_mutex_clocklock(pthread_mutex_t *, clockid_t, const struct timespec *);
int pthread_rwlock_clockrdlock(pthread_rwlock_t *, clockid_t, const struct timespec *);
int pthread_rwlock_clockwrlock(pthread_rwlock_t *, clockid_t, const struct timespec *);
int sem_clockwait(sem_t *, clockid_t, const struct timespec *);

struct gaicb {
    const char *ar_name, *ar_service;
    const struct addrinfo *ar_request;
    struct addrinfo *ar_result;
    int answer, reserved[5];
};
#define GAI_WAIT 0
int gai_error(struct gaicb *);
int gai_suspend(const struct gaicb *const[], int, const struct timespec *);
int getaddrinfo_a(int, struct gaicb *[], int, struct sigevent *);

struct aliasent;
struct aliasent *getaliasbyname(const char *);
int getaliasbyname_r(const char *, struct aliasent *, char *, size_t, struct aliasent **);
struct aliasent *getaliasent(void);
int getaliasent_r(struct aliasent *, char *, size_t, struct aliasent **);
int getgrent_r(struct group *, char *, size_t, struct group **);
int gethostent_r(struct hostent *, char *, size_t, struct hostent **, int *);
int getnetbyaddr_r(uint32_t, int, struct netent *, char *, size_t, struct netent **, int *);
int getnetbyname_r(const char *, struct netent *, char *, size_t, struct netent **, int *);
int getnetent_r(struct netent *, char *, size_t, struct netent **, int *);
int getnetgrent(char **, char **, char **);
int getnetgrent_r(char **, char **, char **, char *, size_t);
int getprotobyname_r(const char *, struct protoent *, char *, size_t, struct protoent **);
int getprotobynumber_r(int, struct protoent *, char *, size_t, struct protoent **);
int getprotoent_r(struct protoent *, char *, size_t, struct protoent **);
int getpw(uid_t, char *);
int getpwent_r(struct passwd *, char *, size_t, struct passwd **);
struct rpcent;
struct rpcent *getrpcbyname(const char *);
int getrpcbyname_r(const char *, struct rpcent *, char *, size_t, struct rpcent **);
struct rpcent *getrpcbynumber(int);
int getrpcbynumber_r(int, struct rpcent *, char *, size_t, struct rpcent **);
struct rpcent *getrpcent(void);
int getrpcent_r(struct rpcent *, char *, size_t, struct rpcent **);
int getservent_r(struct servent *, char *, size_t, struct servent **);
struct sgrp;
struct sgrp *getsgent(void);
int getsgent_r(struct sgrp *, char *, size_t, struct sgrp **);
struct sgrp *getsgnam(const char *);
int getsgnam_r(const char *, struct sgrp *, char *, size_t, struct sgrp **);
int getspent_r(struct spwd *, char *, size_t, struct spwd **);
int innetgr(const char *, const char *, const char *, const char *);
int iruserok(uint32_t, int, const char *, const char *);
int iruserok_af(const void *, int, const char *, const char *, sa_family_t);
int rcmd(char **, unsigned short, const char *, const char *, const char *, int *);
int rcmd_af(char **, unsigned short, const char *, const char *, const char *, int *, sa_family_t);
int rexec(char **, int, const char *, const char *, const char *, int *);
int rexec_af(char **, int, const char *, const char *, const char *, int *, sa_family_t);
int ruserok(const char *, int, const char *, const char *);
int ruserok_af(const char *, int, const char *, const char *, sa_family_t);
int setnetgrent(const char *);

#endif
