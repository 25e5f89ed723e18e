/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_LOG_TROUBLE_H
#define TFOSHIM_CLI_LOG_TROUBLE_H

/* Why lines that the caller logs `to` this file, as the policy says, would be lost; NULL: they
 * would not. The library itself cannot report that. */
const char *log_trouble(const char *to);

#endif
