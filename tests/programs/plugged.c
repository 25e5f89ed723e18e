/* SPDX-License-Identifier: MIT */
/* plugged PLUGIN ARGUMENT...: runs the main() of a plugin, which brings its own libraries. */
#include <dlfcn.h>
#include <err.h>
#include <stddef.h>

int main(int argc, char **argv)
{
    void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!plugin)
        errx(2, "%s", argc > 1 ? dlerror() : "usage: plugged PLUGIN ARGUMENT...");
    int (*run)(int, char **);
    *(void **)&run = dlsym(plugin, "plugin_main");
    return run(argc - 1, argv + 1);
}
