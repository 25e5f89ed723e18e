/* SPDX-License-Identifier: MIT */
/* What an errno says, in English where that can be had. */
#ifndef TFOSHIM_KERNEL_ERROR_TEXT_H
#define TFOSHIM_KERNEL_ERROR_TEXT_H

#include <string.h>

/* In glibc strerror() translates, for which it may lock and allocate. Its version 2.32 brought a
 * function that does not; musl's strerror() does neither. */
static inline const char *error_text(int error)
{
#ifdef TFOSHIM_HAS_STRERRORDESC_NP
    const char *text = strerrordesc_np(error);
    return text ? text : "unknown error"; /* to this C library */
#else
    return strerror(error);
#endif
}

#endif
