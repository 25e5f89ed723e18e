/* SPDX-License-Identifier: MIT */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "interpret.h"

#define THREADS 16
#define GATES 32

static pthread_t threads[THREADS];
static int thread_count;

static void *thread_body(void *argument)
{
    run_lines(argument);
    free(argument);
    return NULL;
}

/* thread ... end: the lines between, by a thread */
static void perform_thread(struct run *run, const struct line *line)
{
    int last = block_end(run->at);
    struct run *child = calloc(1, sizeof *child);
    (void)line;
    if (!child || thread_count == THREADS)
        errx(2, "cannot start a thread");
    snprintf(child->label, sizeof child->label, "%.12s/thread%d", run->label,
             ++run->children % 1000);
    child->at = run->at + 1;
    child->last = last;
    run->at = last;
    errno = pthread_create(&threads[thread_count], NULL, thread_body, child);
    thread_count += errno == 0;
    say(run, errno ? -1 : 0, "%s", "");
}

/* join: all threads */
static void perform_join(struct run *run, const struct line *line)
{
    (void)line;
    while (thread_count > 0)
        pthread_join(threads[--thread_count], NULL);
    say(run, 0, "%s", "");
}

/* A gate is opened once; who waits at it does so in one of many ways. */
static struct gate {
    sem_t semaphore;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    pthread_mutex_t held;
    bool is_open;
    int ends[2];
} gates[GATES];

static pthread_once_t gates_once = PTHREAD_ONCE_INIT;

static void gates_make(void)
{
    for (int i = 0; i < GATES; i++) {
        sem_init(&gates[i].semaphore, 0, 0);
        pthread_mutex_init(&gates[i].mutex, NULL);
        pthread_mutex_init(&gates[i].held, NULL);
        pthread_cond_init(&gates[i].condition, NULL);
        if (pipe(gates[i].ends) != 0)
            err(2, "cannot make a pipe");
    }
}

static struct gate *gate_of(const struct line *line)
{
    pthread_once(&gates_once, gates_make);
    return &gates[number_of(line, 1) % GATES];
}

/* gates: makes them, before there are threads and children */
static void perform_gates(struct run *run, const struct line *line)
{
    (void)line;
    pthread_once(&gates_once, gates_make);
    say(run, 0, "%s", "");
}

/* hold GATE: who is to open it holds its lock from now on */
static void perform_hold(struct run *run, const struct line *line)
{
    say(run, pthread_mutex_lock(&gate_of(line)->held), "%s", "");
}

/* open GATE [held] */
static void perform_open(struct run *run, const struct line *line)
{
    struct gate *gate = gate_of(line);
    sem_post(&gate->semaphore);
    pthread_mutex_lock(&gate->mutex);
    gate->is_open = true;
    pthread_cond_broadcast(&gate->condition);
    pthread_mutex_unlock(&gate->mutex);
    if (word_is(line, 2, "held"))
        pthread_mutex_unlock(&gate->held);
    say(run, write(gate->ends[1], "gate\n", 5), "%s", "");
}

static long wait_condition(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    while (!gate->is_open)
        pthread_cond_wait(&gate->condition, &gate->mutex);
    return pthread_mutex_unlock(&gate->mutex);
}

static long wait_lock(struct gate *gate)
{
    pthread_mutex_lock(&gate->held);
    return pthread_mutex_unlock(&gate->held);
}

static long wait_stream(struct gate *gate, const char *how)
{
    FILE *stream = fdopen(dup(gate->ends[0]), "r");
    char text[8];
    wchar_t wide[8];
    if (!stream)
        return -1;
    if (strcmp(how, "getw") == 0)
        return getw(stream) != EOF;
    if (strcmp(how, "fgetws") == 0)
        return fgetws(wide, 6, stream) != NULL;
    if (strcmp(how, "fgetc") == 0)
        return fgetc(stream);
    return fgets(text, sizeof text, stream) != NULL;
}

/* await GATE sem|cond|lock|pipe|fgets|fgetws|getw|fgetc */
static void perform_await(struct run *run, const struct line *line)
{
    struct gate *gate = gate_of(line);
    char byte;
    if (word_is(line, 2, "sem"))
        say(run, sem_wait(&gate->semaphore), "%s", "");
    else if (word_is(line, 2, "cond"))
        say(run, wait_condition(gate), "%s", "");
    else if (word_is(line, 2, "lock"))
        say(run, wait_lock(gate), "%s", "");
    else if (word_is(line, 2, "pipe"))
        say(run, read(gate->ends[0], &byte, 1), "%s", "");
    else
        say(run, wait_stream(gate, word_of(line, 2)), "%s", "");
}

/* pass SLOT NEW: to itself, over a socket pair */
static void perform_pass(struct run *run, const struct line *line)
{
    const struct slot *from = slot_of(line, 1);
    struct slot *to = slot_of(line, 2);
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {.align = {.cmsg_len = CMSG_LEN(sizeof(int)),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS}};
    struct iovec piece = {(char[1]){'x'}, 1};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    int pair[2];
    long sent;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        err(2, "cannot make a socket pair");
    memcpy(CMSG_DATA(&control.align), &from->fd, sizeof(int));
    sent = sendmsg(pair[0], &message, 0);
    if (sent == 1 && recvmsg(pair[1], &message, 0) == 1) {
        *to = (struct slot){.family = from->family};
        memcpy(&to->fd, CMSG_DATA(&control.align), sizeof(int));
    }
    say(run, sent, "%s", "");
    close(pair[0]);
    close(pair[1]);
}

/* kill: SIGUSR1 for the process */
static void perform_kill(struct run *run, const struct line *line)
{
    (void)line;
    say(run, kill(getpid(), SIGUSR1), "%s", "");
}

const struct operation thread_operations[] = {
    {"thread", perform_thread}, {"join", perform_join}, {"gates", perform_gates},
    {"hold", perform_hold},     {"open", perform_open}, {"await", perform_await},
    {"pass", perform_pass},     {"kill", perform_kill}, {NULL, NULL},
};
