/* SPDX-License-Identifier: MIT */
#include "tun.h"

#include <err.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void enter(const char *namespace)
{
    const char *before = "/run/netns/";
    const char *after = "";
    char path[4096];
    int fd;
    if (strncmp(namespace, "pid:", 4) == 0) {
        namespace += 4;
        before = "/proc/";
        after = "/ns/net";
    } else if (strchr(namespace, '/')) {
        before = "";
    }
    if ((size_t)snprintf(path, sizeof path, "%s%s%s", before, namespace, after) >= sizeof path)
        errx(1, "cannot open network namespace %.20s...: the name is too long", namespace);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        err(1, "cannot open network namespace %s", path);
    if (setns(fd, CLONE_NEWNET) != 0)
        err(1, "cannot enter network namespace %s", path);
    close(fd);
}

int tun_create(const char *namespace, const char *device)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd;
    if (strlen(device) >= sizeof request.ifr_name)
        errx(1, "cannot name a device %s: the name is too long", device);
    memcpy(request.ifr_name, device, strlen(device));
    /* The device is made where the process was when it opened the file, not when it asks. */
    enter(namespace);
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        err(1, "cannot open /dev/net/tun");
    /* No offloads are asked for: every packet comes whole and with its checksums. */
    if (ioctl(fd, TUNSETIFF, &request) != 0)
        err(1, "cannot make TUN device %s in namespace %s", device, namespace);
    return fd;
}
