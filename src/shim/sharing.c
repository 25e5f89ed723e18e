/* SPDX-License-Identifier: MIT */
#include "shim/sharing.h"

#include "kernel/tcp.h"
#include "shim/ending.h"
#include "shim/guard.h"
#include "shim/handed.h"
#include "shim/machine.h"
#include "shim/note.h"
#include "shim/own.h"
#include "shim/program_memory.h"
#include "shim/story.h"

#include <string.h>

void sharing_before(int fd)
{
    struct record record;
    own_remove(fd);
    story_because("its socket gets another descriptor or owner");
    if (!machine_idle() && machine_find(fd, &record)) {
        machine_before(&record, CALL_ENDS);
        if (record.tag.flags & RECORD_BLOCKING)
            machine_confirm(&record);
        if (!record_is_own_process()) /* whose copies are not recorded: for another image */
            guard_settle(&record);
    }
    if (note_is_connected(fd, &record))
        machine_confirm(&record);
}

int sharing_after(int fd, int copy)
{
    struct record record;
    if (copy < 0)
        return copy;
    own_remove(copy);
    if (copy != fd && !machine_idle() && machine_find(fd, &record) &&
        record.tag.state != RECORD_CONTACT)
        machine_share(&record, copy);
    return copy;
}

/* Who gets it may write or read at once, and knows of no handshake. */
static void settle(struct record *record)
{
    guard_settle(record);
    machine_start(record);
    if (record->tag.state == RECORD_OPENING && record_told_connected(record))
        machine_settle(record);
}

static bool settled(int fd, const char *why, struct record *record)
{
    own_remove(fd);
    if (machine_idle() || !machine_find(fd, record))
        return false;
    story_because(why);
    settle(record);
    return true;
}

void sharing_unseen(int fd, const char *why)
{
    struct record record;
    if (settled(fd, why, &record))
        machine_share(&record, fd);
}

void sharing_with_stream(int fd)
{
    struct record record;
    own_note(OWN_STREAMED);
    if (settled(fd, "a stream may write to it", &record))
        machine_stream(&record);
}

void sharing_with_signals(int fd)
{
    struct record record;
    if (!machine_find(fd, &record))
        return;
    story_because("its socket gets O_ASYNC");
    machine_start(&record);
}

static void share_rights(const struct cmsghdr *header)
{
    const unsigned char *data = CMSG_DATA(header);
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        struct record record;
        int fd;
        memcpy(&fd, data + i * sizeof fd, sizeof fd);
        sharing_before(fd);
        handed_to_process(fd);
        if (machine_idle() || !machine_find(fd, &record))
            continue;
        settle(&record);
        machine_share(&record, fd);
    }
}

void sharing_by_message(const struct msghdr *message)
{
    struct msghdr copy;
    if (!program_memory_readable(message, sizeof copy))
        return;
    copy = *message;
    if (!copy.msg_control || !program_memory_readable(copy.msg_control, copy.msg_controllen))
        return;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&copy); header; header = CMSG_NXTHDR(&copy, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
            header->cmsg_len >= CMSG_LEN(0))
            share_rights(header);
}

static bool is_inherited(const struct record *record, const void *context)
{
    (void)context;
    return record->tag.state != RECORD_LINGERING && !tcp_is_close_on_exec(record->fd);
}

static void hand_on(struct record *record)
{
    if (!machine_find(record->fd, record))
        return;
    machine_before(record, CALL_ENDS);
    guard_settle(record);
    if (record->tag.flags & RECORD_BLOCKING)
        machine_confirm(record);
    machine_share(record, record->fd);
}

static void hand_on_all(void)
{
    own_forked();
    story_because("a program that is started gets its socket");
    machine_each(is_inherited, NULL, hand_on);
    note_each(NOTE_CONNECTED, machine_confirm);
}

void sharing_before_spawn(char *const environment[])
{
    hand_on_all();
    handed_to_image(environment, false);
}

void sharing_before_exec(char *const environment[])
{
    ending_image(); /* what waits for its handshake is not shared yet */
    hand_on_all();
    handed_to_image(environment, true);
}

static bool is_the_programs(const struct record *record, const void *context)
{
    (void)context;
    return record->tag.state != RECORD_LINGERING;
}

static void give_to_ring(struct record *record)
{
    if (!machine_find(record->fd, record))
        return;
    settle(record);
    if (record->tag.flags & RECORD_BLOCKING)
        machine_confirm(record);
    machine_share(record, record->fd);
}

/* All SYNs leave before any is waited for. */
void sharing_with_ring(void)
{
    story_because("io_uring may write to it");
    machine_start_all();
    machine_each(is_the_programs, NULL, give_to_ring);
    note_each(NOTE_CONNECTED, machine_confirm);
}
