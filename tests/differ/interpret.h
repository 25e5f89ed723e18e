/* SPDX-License-Identifier: MIT */
#ifndef DIFFER_INTERPRET_H
#define DIFFER_INTERPRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#define WORDS_MAX 12
#define LINES_MAX 512
#define SLOTS_MAX 640

/* One line of the program. */
struct line {
    int count;
    bool number; /* to be called by number, where that can be said */
    const char *word[WORDS_MAX];
};

/* The program, read once, and the descriptors it has named. */
struct slot {
    int fd;
    int family;
    FILE *stream;
    int port; /* of its own, as it was told last; 0: not yet */
};

extern struct line lines[LINES_MAX];
extern int line_count;
extern struct slot slots[SLOTS_MAX];
extern const char *program_path;
extern const char *trace_path;

/* A thread of the program: where it is, and what its present operation gave. */
struct run {
    char label[24];
    int at;
    int last;
    int children; /* begun so far: they and the threads get labels from it */
    bool ended;
    char said[400];
};

/* Says what an operation gave; with a result of -1 the name of errno follows. */
__attribute__((format(printf, 3, 4))) void say(struct run *run, long result, const char *format,
                                               ...);

struct operation {
    const char *name;
    void (*perform)(struct run *run, const struct line *line);
};

extern const struct operation socket_operations[];
extern const struct operation option_operations[];
extern const struct operation write_operations[];
extern const struct operation read_operations[];
extern const struct operation wait_operations[];
extern const struct operation process_operations[];
extern const struct operation thread_operations[];

/* Runs the lines from run->at up to run->last. */
void run_lines(struct run *run);

/* The line of the `end` that closes the block which begins at `at`. */
int block_end(int at);

/* A word of a line as a slot, a number, or text; the program is wrong where there is none. */
struct slot *slot_of(const struct line *line, int index);
long number_of(const struct line *line, int index);
const char *word_of(const struct line *line, int index);
bool word_is(const struct line *line, int index, const char *text);

void trace_open(const char *path);
void trace_line(const struct run *run, long microseconds);
const char *errno_name(int error);

/* Bytes that depend on the kind and on where they stand alone. */
void payload_fill(const char *kind, int salt, unsigned char *bytes, size_t size);
uint32_t digest(uint32_t sum, const unsigned char *bytes, size_t size);

/* An address by its name: server, self, loopback, any; and a port by its own. */
socklen_t address_of(int family, const char *host, const char *port,
                     struct sockaddr_storage *address);

long now_us(void);
void nap_ms(long ms);

#endif
