/* SPDX-License-Identifier: MIT */
/* Why the sockets of a process cannot be reached, and who could reach them. */
#ifndef TFOSHIM_CLI_ATTACH_REFUSAL_H
#define TFOSHIM_CLI_ATTACH_REFUSAL_H

#include <sys/types.h>

/* What was refused: to open the process, to see its descriptors, to duplicate one. */
enum attach_stage { ATTACH_OPENING, ATTACH_LOOKING, ATTACH_TAKING };

/* Reports `error`, an errno, and what the operator can do about it. */
void attach_refusal_explain(pid_t process, enum attach_stage, int error, const char *verb);

#endif
