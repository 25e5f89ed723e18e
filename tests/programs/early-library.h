/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_TESTS_EARLY_LIBRARY_H
#define TFOSHIM_TESTS_EARLY_LIBRARY_H

/* Says five bytes to a server in mode answer, and hears it out. */
__attribute__((visibility("default"))) void early_converse(const char *host, const char *port);

#endif
