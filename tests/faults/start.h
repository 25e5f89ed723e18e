/* SPDX-License-Identifier: MIT */
/*
 * The system calls that are made before main(), whoever makes them: the dynamic linker and the C
 * library among them, for the library.
 */
#ifndef FAULTS_START_H
#define FAULTS_START_H

#include <stdbool.h>

/* Are calls being looked at now? */
extern bool start_is_watched;

void start_watch(void);
void start_leave(void);

#endif
