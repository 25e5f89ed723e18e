/* SPDX-License-Identifier: MIT */
/*
 * What the test programs share. They know nothing of TCP Fast Open: each does something that
 * programs do and prints what it saw, the same in every run, so that a run under the shim can be
 * compared line by line with a plain one.
 */
#ifndef TESTS_COMMON_H
#define TESTS_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/* A numeric IPv4 or IPv6 address, that with a scope as well, and a port; ends the program when they
 * are neither. */
struct address address_parse(const char *host, const char *port);
const struct sockaddr *address_get(const struct address *);

/* Prints "address port", and of the port only whether there is one when it is the kernel's choice.
 */
void say_address(const char *what, const struct address *, bool port_chosen);

/* Prints "what: result", or "what: ERRNO" for a negative one; leaves errno and returns the result.
 */
long say(const char *what, long result);
const char *error_name(int error);

int tcp_socket(const struct address *, bool nonblocking);

/* A non-blocking connect done as the manual says: connect, poll for writing, SO_ERROR. A blocking
 * one is one call. Prints each step. False when the connection failed. */
bool connect_said(int fd, const struct address *, bool nonblocking);

/* Bytes that say where they belong: a lost, doubled or moved one changes the checksum. */
void pattern_fill(unsigned char *bytes, size_t length, size_t from);

#define CHECKSUM_START UINT64_C(14695981039346656037)
uint64_t checksum(uint64_t so_far, const unsigned char *bytes, size_t length);

/* Writes all, or reads up to the end, waiting with poll() where the socket is non-blocking. What is
 * printed is the total and how it ended: one line, however many calls it took. */
bool write_said(int fd, const unsigned char *bytes, size_t length);
void read_to_end_said(int fd);
/* Reads until `length` bytes have come, or less at the end. */
size_t read_said(int fd, size_t length);

/* First call of each main: lines leave as they are written, so that none is lost to _exit() or
 * doubled by fork(), and a program that hangs is killed by SIGALRM. */
void program_start(void);

#endif
