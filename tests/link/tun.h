/* SPDX-License-Identifier: MIT */
#ifndef LINK_TUN_H
#define LINK_TUN_H

/*
 * Makes a TUN device in a namespace, given as a name, a path or pid:N, and returns its descriptor.
 * The device vanishes when it is closed. Leaves the process in that namespace.
 */
int tun_create(const char *namespace, const char *device);

#endif
