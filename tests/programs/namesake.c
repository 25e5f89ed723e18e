/* SPDX-License-Identifier: MIT */
/*
 * namesake ADDRESS PORT [PLUGIN]: a client with functions named like libconfig's, either its own
 * and shown to every library (it is linked with -rdynamic), or those of a plugin that it opens. For
 * a server in mode answer.
 */
#include "common.h"

#include <dlfcn.h>
#include <err.h>
#include <stdio.h>
#include <unistd.h>

#ifndef PLUGIN_HOST
#include "own-names.h"
#else
static void own_names_use(void)
{
}
#endif

static void plugin_use(const char *path)
{
    void *plugin = dlopen(path, RTLD_NOW);
    if (plugin == NULL)
        errx(2, "%s", dlerror());
    void (*use)(void);
    *(void **)&use = dlsym(plugin, "own_names_use");
    use();
    dlclose(plugin);
}

int main(int argc, char **argv)
{
    program_start();
    if (argc < 3)
        errx(2, "usage: namesake ADDRESS PORT [PLUGIN]");
    if (argc > 3)
        plugin_use(argv[3]);
    else
        own_names_use();
    /* That nothing of libconfig can be found by looking for it either. */
    printf("config_error_line: %s\n", dlsym(RTLD_DEFAULT, "config_error_line") ? "found" : "none");
    struct address peer = address_parse(argv[1], argv[2]);
    int fd = tcp_socket(&peer, false);
    if (!connect_said(fd, &peer, false))
        return 1;
    write_said(fd, (const unsigned char *)"hello", 5);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
    return 0;
}
