/* SPDX-License-Identifier: MIT */
/* Runs a program in a child process and behaves towards others like that program. */
#ifndef TFOSHIM_CLI_RUN_CHILD_H
#define TFOSHIM_CLI_RUN_CHILD_H

/* Calls `start` in a child, which is to become the program and returns an exit status if it cannot.
 * Signals sent to us are the program's, and when it stops, so do we. Returns its wait status; -1
 * after a complaint. */
int run_child(int (*start)(char **argv), char **argv);

/* Ends as the program did: returns its exit status, or dies of its signal. */
int run_child_end(int status);

#endif
