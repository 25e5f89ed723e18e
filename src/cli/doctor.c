/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"
#include "cli/finding.h"
#include "cli/paint.h"
#include "cli/util.h"
#include "cli/verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const struct option options[] = {
    PAINT_OPTION,
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int help(void)
{
    fputs("usage: tfoshim doctor [--color WHEN] [PROGRAM]\n"
          "\n"
          "Examines the machine, the installation and, when it is named, a program, and says what\n"
          "keeps TCP Fast Open from working and how to mend that. A line a finding: \"ok\", "
          "\"note\"\n"
          "(worth knowing) or \"problem\" (Fast Open cannot work).\n"
          "\n"
          "options:\n" PAINT_HELP "      --help        this text\n"
          "\n"
          "The exit status is 1 if there is a problem.\n",
          stdout);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int examine(const char *program)
{
    finding_section("machine");
    doctor_machine();
    finding_section("counters of this network namespace");
    doctor_counters();
    finding_section("installation");
    doctor_installation();
    doctor_environment();
    if (program != NULL) {
        finding_section(program);
        doctor_program(program);
    }
    return finish_output() && finding_problems() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int doctor_main(int argc, char **argv)
{
    int answer;

    opterr = 0;
    while ((answer = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (answer == 'h')
            return help();
        if (answer != 'C') {
            complain_option(argv, options, answer);
            return EXIT_USAGE;
        }
        if (!paint_choose(optarg))
            return EXIT_USAGE;
    }
    if (argc - optind > 1) {
        complain("doctor: one program at a time: found \"%s\" after \"%s\"", argv[optind + 1],
                 argv[optind]);
        return EXIT_USAGE;
    }
    return examine(argv[optind]);
}
