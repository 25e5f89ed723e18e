/* SPDX-License-Identifier: MIT */
/* What an ELF file tells about the program in it. */
#ifndef TFOSHIM_CLI_ELF_FILE_H
#define TFOSHIM_CLI_ELF_FILE_H

#include "cli/preload.h"
#include "contract.h"

#include <stdbool.h>

struct elf_facts {
    bool is_elf;
    bool is_narrow;       /* 32-bit, on a 64-bit machine of the same family */
    bool is_foreign;      /* of any other architecture; nothing below is known then */
    bool is_static;       /* no loader (PT_INTERP): nothing can be preloaded */
    bool is_musl;         /* its loader is musl's */
    bool is_go;           /* made by the Go compiler */
    bool imports_known;   /* the two below can be told */
    bool imports_connect; /* it calls connect() itself */
    bool imports_listen;
    char asan[PRELOAD_NAME_MOST]; /* AddressSanitizer's library, if it is linked with that; else ""
                                   */
};

/* False if the file cannot be read (errno says why). */
bool elf_examine(struct elf_facts *, const char *path) NONNULL MUST_USE;

#endif
