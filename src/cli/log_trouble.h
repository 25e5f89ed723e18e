/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_LOG_TROUBLE_H
#define TFOSHIM_CLI_LOG_TROUBLE_H

/* Why the lines of a log `to` there, as the policy has it, would be lost to whoever asks; NULL:
 * they would not. The library itself has nobody to tell. */
const char *log_trouble(const char *to);

#endif
