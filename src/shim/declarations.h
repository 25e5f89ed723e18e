/* SPDX-License-Identifier: MIT */
/*
 * Declarations of everything that hooks.def and libc.def name. Fortification and 64-bit renaming
 * are undone first: a hook must be the symbol that it says, not the one a header redirects its name
 * to.
 */
#ifndef TFOSHIM_SHIM_DECLARATIONS_H
#define TFOSHIM_SHIM_DECLARATIONS_H

#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

/* The header gives another function this name. */
#define sigpause sigpause_by_signal
#include <signal.h>
#undef sigpause
int sigpause(int mask);

#include <aio.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <resolv.h>
#include <sched.h>
#include <semaphore.h>
#include <shadow.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wordexp.h>

#ifdef __GLIBC__
#include <aliases.h>
#include <gshadow.h>
#include <rpc/netdb.h>
#else
#include "shim/glibc_names.h"
#endif

/* Before its version 2.34 glibc has them under other names, too, which its header says instead. */
#undef res_query
#undef res_querydomain
#undef res_search
#undef res_send
#undef res_nquery
#undef res_nquerydomain
#undef res_nsearch
#undef res_nsend
int res_query(const char *, int, int, unsigned char *, int);
int res_querydomain(const char *, const char *, int, int, unsigned char *, int);
int res_search(const char *, int, int, unsigned char *, int);
int res_send(const unsigned char *, int, unsigned char *, int);
int res_nquery(res_state, const char *, int, int, unsigned char *, int);
int res_nquerydomain(res_state, const char *, const char *, int, int, unsigned char *, int);
int res_nsearch(res_state, const char *, int, int, unsigned char *, int);
int res_nsend(res_state, const unsigned char *, int, unsigned char *, int);

/* In the C library's headers since its versions 2.34 and 2.35. */
int close_range(unsigned, unsigned, int);
void closefrom(int);
int epoll_pwait2(int, struct epoll_event *, int, const struct timespec *, const sigset_t *);
int execveat(int, const char *, char *const[], char *const[], int);

/* What fortified programs call instead of read(), recv(), ...: exported by the C library, declared
 * in its private headers only. */
ssize_t __read_chk(int, void *, size_t, size_t buffer_size);
ssize_t __recv_chk(int, void *, size_t, size_t buffer_size, int);
ssize_t __recvfrom_chk(int, void *, size_t, size_t buffer_size, int, struct sockaddr *,
                       socklen_t *);
int __poll_chk(struct pollfd *, nfds_t, int, size_t buffer_size);
int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *,
                size_t buffer_size);
int __vdprintf_chk(int, int flag, const char *, va_list);
int __dprintf_chk(int, int flag, const char *, ...);
char *__fgets_chk(char *, size_t buffer_size, int, FILE *);
size_t __fread_chk(void *, size_t buffer_size, size_t, size_t, FILE *);
char *__fgets_unlocked_chk(char *, size_t buffer_size, int, FILE *);
size_t __fread_unlocked_chk(void *, size_t buffer_size, size_t, size_t, FILE *);
wchar_t *__fgetws_chk(wchar_t *, size_t buffer_size, int, FILE *);
wchar_t *__fgetws_unlocked_chk(wchar_t *, size_t buffer_size, int, FILE *);
char *gets(char *);
char *__gets_chk(char *, size_t buffer_size);
int __sigpause(int signal_or_mask, int is_signal);
int __xpg_sigpause(int signal_number);
int __uflow(FILE *);
int __underflow(FILE *);
wint_t __wuflow(FILE *);
wint_t __wunderflow(FILE *);
ssize_t __getdelim(char **, size_t *, int, FILE *);

/* scanf() by the standard that the program was compiled for. */
int __isoc99_scanf(const char *, ...);
int __isoc99_fscanf(FILE *, const char *, ...);
int __isoc99_vscanf(const char *, va_list);
int __isoc99_vfscanf(FILE *, const char *, va_list);
int __isoc23_scanf(const char *, ...);
int __isoc23_fscanf(FILE *, const char *, ...);
int __isoc23_vscanf(const char *, va_list);
int __isoc23_vfscanf(FILE *, const char *, va_list);
int __isoc99_wscanf(const wchar_t *, ...);
int __isoc99_fwscanf(FILE *, const wchar_t *, ...);
int __isoc99_vwscanf(const wchar_t *, va_list);
int __isoc99_vfwscanf(FILE *, const wchar_t *, va_list);
int __isoc23_wscanf(const wchar_t *, ...);
int __isoc23_fwscanf(FILE *, const wchar_t *, ...);
int __isoc23_vwscanf(const wchar_t *, va_list);
int __isoc23_vfwscanf(FILE *, const wchar_t *, va_list);

/* liburing's, whose headers need not be there. */
struct io_uring;
struct io_uring_params;
int io_uring_setup(unsigned entries, struct io_uring_params *);
int io_uring_queue_init(unsigned entries, struct io_uring *, unsigned flags);
int io_uring_queue_init_params(unsigned entries, struct io_uring *, struct io_uring_params *);
int io_uring_queue_init_mem(unsigned entries, struct io_uring *, struct io_uring_params *,
                            void *buffer, size_t size);
int io_uring_queue_init_try_nosqarr(unsigned entries, struct io_uring *, struct io_uring_params *,
                                    void *buffer, size_t size);

/* libaio's, of which the same is true. */
struct iocb;
int io_submit(void *context, long count, struct iocb *list[]);

/* What calls of pthread_atfork() and explicit_bzero() are made of. */
int __register_atfork(void (*before)(void), void (*parent)(void), void (*child)(void),
                      void *library);
void __explicit_bzero_chk(void *, size_t, size_t buffer_size);

#ifdef TFOSHIM_TIME64
#include "shim/time64.h"
#endif

#endif
