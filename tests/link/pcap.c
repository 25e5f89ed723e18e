/* SPDX-License-Identifier: MIT */
#include "pcap.h"

#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "packet.h"

#define MAGIC_NANOSECONDS 0xa1b23c4dU
#define LINKTYPE_RAW 101U

/* A reader tells the byte order from the magic; the version is two 16-bit numbers in that order. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define VERSION (4U << 16 | 2U)
#else
#define VERSION (2U << 16 | 4U)
#endif

static int64_t epoch;

int pcap_create(const char *path)
{
    /* Magic, version 2.4 as two halves, time zone, accuracy, longest packet, link type. */
    const uint32_t header[] = {MAGIC_NANOSECONDS, VERSION, 0, 0, PACKET_MAX, LINKTYPE_RAW};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        err(1, "cannot create %s", path);
    if (write(fd, header, sizeof header) != sizeof header)
        err(1, "cannot write %s", path);
    /* Read once: the times in the file advance evenly even when somebody sets the clock. */
    if (!epoch)
        epoch = clock_ns(CLOCK_REALTIME) - now_ns();
    return fd;
}

/* In one call and unbuffered, so that a reader finds whole packets at any moment. */
void pcap_write(int fd, int64_t when, const unsigned char *packet, size_t length)
{
    /* The time, the length captured and the whole length. */
    const uint32_t header[] = {(uint32_t)((epoch + when) / NS_PER_S),
                               (uint32_t)((epoch + when) % NS_PER_S), (uint32_t)length,
                               (uint32_t)length};
    const struct iovec parts[] = {{(void *)header, sizeof header}, {(void *)packet, length}};
    if (fd < 0)
        return;
    if (writev(fd, parts, 2) != (ssize_t)(sizeof header + length))
        err(1, "cannot write the pcap file");
}
