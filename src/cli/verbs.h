/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_VERBS_H
#define TFOSHIM_CLI_VERBS_H

enum {
    EXIT_USAGE = 2,
    /* Those of env(1), for `run`: its own failure, and why the program did not start. */
    EXIT_RUN_FAILED = 125,
    EXIT_CANNOT_EXECUTE = 126,
    EXIT_NOT_FOUND = 127,
};

struct verb {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit status */
    const char *help;                  /* one line */
};

int run_main(int argc, char **argv);
int check_main(int argc, char **argv);
int enable_main(int argc, char **argv);
int disable_main(int argc, char **argv);
int attach_main(int argc, char **argv);
int detach_main(int argc, char **argv);
int doctor_main(int argc, char **argv);
int probe_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int cookies_main(int argc, char **argv);
int key_main(int argc, char **argv);
int stat_main(int argc, char **argv);

#endif
