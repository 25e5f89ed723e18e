/* SPDX-License-Identifier: MIT */
/* Figures for Prometheus, into a file. */
#include "cli/stat.h"
#include "cli/util.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whatever the umask makes of a file that others are to read. */
static bool let_others_read(int fd)
{
    const mode_t mask = umask(0);

    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

static bool write_file(FILE *stream, const struct stat_view *view)
{
    bool done;

    stat_print_prometheus(stream, view);
    done = fflush(stream) == 0 && !ferror(stream) && let_others_read(fileno(stream)) &&
           fsync(fileno(stream)) == 0;
    return fclose(stream) == 0 && done;
}

/* The collector must never see half a file: written beside it, under a name that it does not read,
 * and renamed. */
bool stat_export(const char *name, const struct stat_view *view)
{
    const size_t size = strlen(name) + sizeof(".XXXXXX");
    char *temporary = need_memory(malloc(size));
    bool done = false;
    int fd;

    snprintf(temporary, size, "%s.XXXXXX", name);
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        complain_errno("stat: cannot make a file beside \"%s\"", name);
    } else if (!write_file(need_memory(fdopen(fd, "w")), view) || rename(temporary, name) != 0) {
        complain_errno("stat: cannot write \"%s\"", name);
        unlink(temporary);
    } else {
        done = true;
    }
    free(temporary);
    return done;
}
