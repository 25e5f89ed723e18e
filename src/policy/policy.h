/* SPDX-License-Identifier: MIT */
/*
 * The policy: which destinations and listeners get TCP Fast Open.
 *
 * A configuration file is compiled (policy/compile.h, libconfig) for one program into a flat,
 * read-only block that holds offsets and no pointers. Deciding needs this header and libc alone,
 * never allocates, never locks and may be called from a signal handler.
 */
#ifndef TFOSHIM_POLICY_POLICY_H
#define TFOSHIM_POLICY_POLICY_H

#include "contract.h"
#include "kernel/interface.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 address and TCP port. IPv4 is held IPv4-mapped (::ffff:a.b.c.d), so that one
 * family of code serves AF_INET, AF_INET6 and the mapped form alike. */
struct endpoint {
    uint8_t address[16];
    uint16_t port; /* host byte order */
};

/* Reads an AF_INET or AF_INET6 socket address; false for any other family, or when `length` is too
 * short for the family it claims (sa_family itself is read only when the length covers it). */
bool endpoint_from_sockaddr(struct endpoint *, const struct sockaddr *, socklen_t length);

/* The other way; returns its length. An IPv4-mapped address becomes one of AF_INET. */
socklen_t endpoint_to_sockaddr(const struct endpoint *, struct sockaddr_storage *) NONNULL;

/* Is this the machine itself, whichever that is: 127.0.0.0/8, ::1, or no address at all? */
bool endpoint_is_loopback(const struct endpoint *) NONNULL;
/* Another host on another link may have the same. */
bool endpoint_is_link_local(const struct endpoint *) NONNULL;

/* Of a client's rule, first_write; of a server's, first_read. */
enum first_write {
    FIRST_WRITE_ANY,         /* whatever is written first may go into the SYN */
    FIRST_WRITE_REPLAY_SAFE, /* only bytes that do no harm when delivered twice (RFC 7413, 6.1) */
};

enum first_contact {
    FIRST_CONTACT_CONNECT, /* deferred only where this address and port completed a handshake lately
                            */
    FIRST_CONTACT_DEFER,   /* a cookie for the host is enough */
};

enum deferral {
    DEFERRAL_BY_KERNEL, /* TCP_FASTOPEN_CONNECT, where the kernel has it */
    DEFERRAL_BY_SHIM,   /* no system call before the first write */
};

enum log_level { LOG_NONE, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Shorter round trips are not worth a fast open, unless the policy says otherwise. */
#define POLICY_MIN_RTT_US 100u

/* Seconds for which a handshake is of late, unless the policy says otherwise. */
#define POLICY_LATELY_S 3600u

struct client_verdict {
    bool fastopen;
/* min_rtt_us, 0: however short, and the machine itself as well; lately_s: so long a handshake
 * counts. */
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...) type field;
#include "policy/keys.def"
    const char *prefixes; /* replay-safe as well (policy/prefixes.h); NULL: none */
    bool names_loopback;  /* the rule has an address of the loopback network */
    bool forgotten;       /* a name of the address was, and a rule could have been for it: off */
    bool no_interface;    /* a rule may be for it, and the kernel does not tell which it is: off */
    uint32_t
        line; /* of the rule that decided, 0: the default of the group, or the built-in policy */
    const char *file; /* that holds that rule, as it was opened or included; NULL where line is 0 */
};

struct server_verdict {
    bool fastopen;
    enum first_write first_read; /* what is taken from a SYN before the client is proved */
    uint32_t queue;              /* TCP_FASTOPEN queue length, 0: the listener's backlog */
    const char *key_file;        /* NULL: the keys of the network namespace */
    const char *prefixes;
    bool no_interface; /* as a client's */
    uint32_t line;
    const char *file;
};

/* How to find out by which interface, where a rule that names one could decide. */
struct policy_link {
    interface_fn *find;
    int fd; /* what it is asked of */
};

struct policy; /* flat, see policy/flat.h */

/* What serves without a configuration file: clients replay-safe everywhere, servers on. */
extern const struct policy *const policy_builtin;

/* First matching rule wins; a destination that no rule names gets the group's default. A rule's
 * `host` patterns match through names_learn(): where an address has several names, the strictest of
 * their rules serves in all respects. */
struct client_verdict policy_client(const struct policy *, const struct endpoint *destination,
                                    const struct policy_link *);
struct server_verdict policy_server(const struct policy *, const struct endpoint *listener,
                                    const struct policy_link *);

enum log_level policy_log_level(const struct policy *) NONNULL;
/* "stderr", or the absolute path of a file to append to. */
const char *policy_log_to(const struct policy *) NONNULL;

/* The configuration file it was compiled from, or NULL for the built-in policy. */
const char *policy_path(const struct policy *) NONNULL;

/* Was this block made by a compiler of this version, and is every part of it within its size? (The
 * module may have been replaced on disk under a process that is starting.) */
bool policy_is_usable(const struct policy *) NONNULL;

/* Size in bytes of the block, for whoever maps or copies it. */
size_t policy_size(const struct policy *) NONNULL;

#endif
