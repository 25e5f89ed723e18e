/* SPDX-License-Identifier: MIT */
/* Waiting for what processes tell each other by, other than descriptors. */
#include "rendezvous.h"

#include <aio.h>
#include <mqueue.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <unistd.h>

static int queue, set, event;
static mqd_t messages;

static struct {
    long type;
    char text[1024];
} message = {.type = 1};

static void take_queue(void)
{
    must((queue = msgget(IPC_PRIVATE, 0600)) >= 0, "msgget");
}

static void take_full_queue(void)
{
    take_queue();
    while (msgsnd(queue, &message, sizeof message.text, IPC_NOWAIT) == 0) {}
}

static void send_message(void)
{
    must(msgsnd(queue, &message, 1, IPC_NOWAIT) == 0, "msgsnd");
}

static void receive_message(void)
{
    must(msgrcv(queue, &message, sizeof message.text, 0, IPC_NOWAIT) > 0, "msgrcv");
}

/* The queue would outlive the program. */
static long without_queue(long result)
{
    must(msgctl(queue, IPC_RMID, NULL) == 0, "msgctl");
    return result;
}

static long wait_msgrcv(void)
{
    return without_queue(msgrcv(queue, &message, sizeof message.text, 0, 0));
}

static long wait_msgsnd(void)
{
    return without_queue(msgsnd(queue, &message, sizeof message.text, 0));
}

static void take_set(void)
{
    must((set = semget(IPC_PRIVATE, 1, 0600)) >= 0, "semget");
}

static void raise_set(void)
{
    must(semop(set, &(struct sembuf){.sem_op = 1}, 1) == 0, "semop");
}

static long without_set(long result)
{
    must(semctl(set, 0, IPC_RMID) == 0, "semctl");
    return result;
}

static long wait_semop(void)
{
    return without_set(semop(set, &(struct sembuf){.sem_op = -1}, 1));
}

static long wait_semtimedop(void)
{
    struct timespec limit = {.tv_sec = 30};
    return without_set(semtimedop(set, &(struct sembuf){.sem_op = -1}, 1, &limit));
}

static void take_messages(void)
{
    char name[64];
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    snprintf(name, sizeof name, "/rendezvous-%d", getpid());
    messages = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    must(messages >= 0 && mq_unlink(name) == 0, "mq_open");
}

static void tell_message(void)
{
    must(mq_send(messages, "7", 1, 0) == 0, "mq_send");
}

static void take_full_messages(void)
{
    take_messages();
    tell_message();
}

static void hear_message(void)
{
    char text[8];
    must(mq_receive(messages, text, sizeof text, NULL) == 1, "mq_receive");
}

static long wait_mq_receive(void)
{
    char text[8];
    return mq_receive(messages, text, sizeof text, NULL);
}

static long wait_mq_timedreceive(void)
{
    char text[8];
    struct timespec limit = after_half_a_minute(CLOCK_REALTIME);
    return mq_timedreceive(messages, text, sizeof text, NULL, &limit);
}

static long wait_mq_send(void)
{
    return mq_send(messages, "8", 1, 0);
}

static long wait_mq_timedsend(void)
{
    struct timespec limit = after_half_a_minute(CLOCK_REALTIME);
    return mq_timedsend(messages, "8", 1, 0, &limit);
}

static long wait_aio_suspend(void)
{
    char text[8];
    struct aiocb block = {.aio_fildes = ends[0], .aio_buf = text, .aio_nbytes = sizeof text};
    const struct aiocb *list[] = {&block};
    struct timespec limit = {.tv_sec = 30};
    must(aio_read(&block) == 0, "aio_read");
    int result = aio_suspend(list, 1, &limit);
    return result == 0 ? aio_return(&block) : result;
}

static long wait_lio_listio(void)
{
    char text[8];
    struct aiocb block = {.aio_fildes = ends[0], .aio_buf = text, .aio_nbytes = sizeof text};
    struct aiocb *list[] = {&block};
    int result = lio_listio(LIO_WAIT, list, 1, NULL); /* LIO_READ is 0 */
    return result == 0 ? aio_return(&block) : result;
}

static long wait_lio_listio64(void)
{
    char text[8];
    struct aiocb64 block = {.aio_fildes = ends[0], .aio_buf = text, .aio_nbytes = sizeof text};
    struct aiocb64 *list[] = {&block};
    int result = lio_listio64(LIO_WAIT, list, 1, NULL);
    return result == 0 ? aio_return64(&block) : result;
}

#ifndef __USE_TIME_BITS64
static long wait_aio_suspend64(void)
{
    char text[8];
    struct aiocb64 block = {.aio_fildes = ends[0], .aio_buf = text, .aio_nbytes = sizeof text};
    const struct aiocb64 *list[] = {&block};
    must(aio_read64(&block) == 0, "aio_read64");
    int result = aio_suspend64(list, 1, NULL);
    return result == 0 ? aio_return64(&block) : result;
}
#endif

static void take_event(void)
{
    must((event = eventfd(0, EFD_CLOEXEC)) >= 0, "eventfd");
}

static void raise_event(void)
{
    must(eventfd_write(event, 7) == 0, "eventfd_write");
}

static long wait_eventfd_read(void)
{
    eventfd_t value = 0;
    return eventfd_read(event, &value) == 0 ? (long)value : -1;
}

const struct way ipc_ways[] = {
    {"msgrcv", wait_msgrcv, take_queue, send_message, NULL},
    {"msgsnd", wait_msgsnd, take_full_queue, receive_message, NULL},
    {"semop", wait_semop, take_set, raise_set, NULL},
    {"semtimedop", wait_semtimedop, take_set, raise_set, NULL},
    {"mq_receive", wait_mq_receive, take_messages, tell_message, NULL},
    {"mq_timedreceive", wait_mq_timedreceive, take_messages, tell_message, NULL},
    {"mq_send", wait_mq_send, take_full_messages, hear_message, NULL},
    {"mq_timedsend", wait_mq_timedsend, take_full_messages, hear_message, NULL},
    {"aio_suspend", wait_aio_suspend, NULL, release_pipe, NULL},
#ifndef __USE_TIME_BITS64
    {"aio_suspend64", wait_aio_suspend64, NULL, release_pipe, NULL},
#endif
    {"lio_listio", wait_lio_listio, NULL, release_pipe, NULL},
    {"lio_listio64", wait_lio_listio64, NULL, release_pipe, NULL},
    {"eventfd_read", wait_eventfd_read, take_event, raise_event, NULL},
    {0},
};
