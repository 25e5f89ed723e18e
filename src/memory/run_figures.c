/* SPDX-License-Identifier: MIT */
#include "memory/run_figures.h"

#include "memory/digits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Programs of 32 and of 64 bits share it, and versions of the library. */
struct figures {
    char magic[16];
    _Atomic uint64_t figure[RUN_FIGURES];
};

static const char magic[16] = "tfoshim run 1\n";

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)
#define PROC "/proc/"
#define FD "/fd/"

static struct figures *figures;

static bool map(int fd)
{
    void *mapped = mmap(NULL, sizeof(struct figures), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return false;
    figures = mapped;
    return true;
}

static bool fill(int fd)
{
    return ftruncate(fd, sizeof(struct figures)) == 0 &&
           pwrite(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
           fcntl(fd, F_ADD_SEALS, SEALS) == 0;
}

bool run_figures_make(char *name, size_t size)
{
    int fd;
    if (size < sizeof(PROC FD) + (size_t)2 * DIGITS_MOST) {
        errno = ENAMETOOLONG;
        return false;
    }
    fd = memfd_create("tfoshim-run", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return false;
    if (!fill(fd) || !map(fd)) {
        const int error = errno;
        close(fd);
        errno = error;
        return false;
    }
    digits_put(stpcpy(digits_put(stpcpy(name, PROC), (uint64_t)getpid()), FD), (uint64_t)fd);
    return true;
}

/* A name may outlive its run, and mean another's file then: that is looked at before it is opened,
 * for opening a device may do something. */
static bool is_one(const char *name)
{
    struct stat status;
    return strncmp(name, PROC, sizeof(PROC) - 1) == 0 && stat(name, &status) == 0 &&
           S_ISREG(status.st_mode) && status.st_size == (off_t)sizeof(struct figures);
}

static bool is_sealed(int fd)
{
    char found[sizeof magic];
    const int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & SEALS) == SEALS &&
           pread(fd, found, sizeof found, 0) == (ssize_t)sizeof found &&
           memcmp(found, magic, sizeof magic) == 0;
}

void run_figures_use(const char *name)
{
    int fd, saved = errno;
    if (is_one(name)) {
        fd = open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0 && is_sealed(fd))
            map(fd);
        if (fd >= 0)
            close(fd);
    }
    errno = saved;
}

void run_figures_add(enum run_figure figure, uint64_t amount)
{
    if (figures)
        atomic_fetch_add_explicit(&figures->figure[figure], amount, memory_order_relaxed);
}

uint64_t run_figures_get(enum run_figure figure)
{
    return figures ? atomic_load_explicit(&figures->figure[figure], memory_order_relaxed) : 0;
}
