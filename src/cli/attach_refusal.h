/* SPDX-License-Identifier: MIT */
/* Why a process's sockets are not to be had, and who could have them. */
#ifndef TFOSHIM_CLI_ATTACH_REFUSAL_H
#define TFOSHIM_CLI_ATTACH_REFUSAL_H

#include <sys/types.h>

/* What was refused: to hold the process, to see its descriptors, to take one. */
enum attach_stage { ATTACH_OPENING, ATTACH_LOOKING, ATTACH_TAKING };

/* Complains of `error`, an errno, in words for whoever has to help. */
void attach_refusal_explain(pid_t process, enum attach_stage, int error, const char *verb);

#endif
