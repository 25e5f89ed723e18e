/* SPDX-License-Identifier: MIT */
/* Addresses of 16 bytes, IPv4 in its IPv6-mapped form (RFC 4291, 2.5.5.2). */
#ifndef TFOSHIM_KERNEL_ADDRESS_H
#define TFOSHIM_KERNEL_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Are the last four bytes an IPv4 address? */
static inline bool address_is_ipv4(const uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address, mapped, sizeof mapped) == 0;
}

/* The wildcard, 0.0.0.0 or ::. */
static inline bool address_is_any(const uint8_t address[16])
{
    static const uint8_t any[16], any4[16] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address, any, sizeof any) == 0 || memcmp(address, any4, sizeof any4) == 0;
}

#endif
