/* SPDX-License-Identifier: MIT */
/* Any bytes as a service unit, and as the name of one, which is its first line. */
#include "input.h"

#include "cli/unit.h"
#include "cli/wrapper.h"

static struct tree here, image;

/* The name makes names of files: nothing in it may lead elsewhere. */
static void read_name(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    char *name = strndup((const char *)data, end == NULL ? size : (size_t)(end - data));
    struct unit unit;
    if (name == NULL)
        abort();
    if (unit_name(&unit, name, &image, UNIT_SYSTEM, "fuzz") &&
        (strchr(unit.name, '/') != NULL || strlen(unit.name) <= strlen(".service") ||
         strncmp(unit.drop_in, "/proc/etc/systemd/system/", 25) != 0))
        abort();
    free(name);
}

/* Each ends, and reads no further than its words. */
static void follow_commands(struct unit_settings *settings)
{
    static const char *const variables[] = {"LD_PRELOAD", "TFOSHIM_CONFIG", NULL};
    for (size_t i = 0; i < settings->command_count; i++) {
        char **words = settings->commands[i].words.all, *loss;
        while (words != NULL && words[0] != NULL && wrapper_step(&words, variables, &loss))
            free(loss);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unit_settings settings = {.preload = NULL};
    /* A root that nothing is looked up in. */
    if (image.path[0] == '\0' && (!tree_find(&here, "/") || !tree_find(&image, "/proc")))
        abort();
    if (size > 0)
        read_name(data, size);
    unit_read_file(&here, input_file(data, size), &settings);
    /* A second one, after what is there already. */
    unit_read_file(&here, input_file(data, size / 2), &settings);
    follow_commands(&settings);
    unit_settings_free(&settings);
    return 0;
}
