/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_KERNEL_CGROUP_H
#define TFOSHIM_KERNEL_CGROUP_H

/* The control groups of this process, as /proc/self/cgroup has them the first time that it is
 * asked;
 * "" where that cannot be read. Not for several threads at a time. */
const char *cgroup_own(void);

#endif
