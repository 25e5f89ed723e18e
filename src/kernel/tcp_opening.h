/* SPDX-License-Identifier: MIT */
/* What TCP_INFO and the route tell of an opening, a SYN and what became of it. As tcp.h. */
#ifndef TFOSHIM_KERNEL_TCP_OPENING_H
#define TFOSHIM_KERNEL_TCP_OPENING_H

#include "contract.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* What became of a Fast Open, from TCP_INFO (Linux >= 4.18 tells why not). */
enum tcp_opening_failure {
    TCP_OPENING_NO_REASON,
    TCP_OPENING_NO_COOKIE,
    TCP_OPENING_NOT_ACKED,
    TCP_OPENING_SYN_RETRANSMITTED,
};
struct tcp_opening {
    int state; /* TCP_ESTABLISHED, ... */
    bool syn_data_acked;
    enum tcp_opening_failure client_fail;
    bool syn_retransmitted; /* with or without a Fast Open; false, too, where data was as well */
    uint32_t rtt_us;        /* smoothed, 0: not known, or the SYN was sent again */
    uint32_t min_rtt_us;    /* Linux >= 4.6, else 0 */
    uint16_t room;          /* bytes of data that the next SYN to there takes, 0: not known */
};
bool tcp_opening(int fd, struct tcp_opening *) NONNULL MUST_USE;

/* Is its peer the machine itself? A connection to one of the machine's own addresses leaves from
 * that address. */
bool tcp_is_local(int fd);

/* Did its SYN ask for a cookie and get lost, so that it had to be sent again without? */
bool tcp_cookie_request_lost(const struct tcp_opening *) NONNULL;

/* The bytes of data that the SYN of a socket takes which the kernel has deferred, as far as its
 * route tells; what the host has said before (tcp_opening(), its room) may be less. 0: not known.
 */
int tcp_syn_room(int fd, const struct sockaddr *to) NONNULL;

/* On a connection that came from a SYN and has had nothing acknowledged: the bytes that have not
 * left yet, or also those that have. */
uint32_t tcp_unsent(int fd, bool or_unacknowledged);

/* Of a connection that was taken from its SYN: has its client answered the SYN-ACK, and so shown
 * that it is where it says? */
enum tcp_proof { TCP_PROOF_PENDING, TCP_PROOF_GIVEN, TCP_PROOF_FAILED };
enum tcp_proof tcp_proof(int fd);

/* Did it bring data in its SYN? If so, the same of it, for one question. */
bool tcp_has_syn_data(int fd, enum tcp_proof *) NONNULL MUST_USE;

/* Waits for the client's answer, for so many milliseconds at most. To a poll such a connection is
 * ready before; the kernel tells of the change whoever waits for edges. */
enum tcp_proof tcp_wait_for_proof(int fd, int milliseconds);

/* Says the end of what is sent, and waits until the peer has acknowledged it, as close() is to do
 * under SO_LINGER: for as long at most, and until a signal. What comes in meanwhile is read away.
 */
void tcp_end_slowly(int fd);

/* How far a connect is. One question: between two, a handshake may end. */
enum tcp_progress { TCP_PROGRESS_UNDER_WAY, TCP_PROGRESS_CONNECTED, TCP_PROGRESS_FAILED };
enum tcp_progress tcp_progress(int fd);

/* Is it closed as it was before its first connect? One that has been reset cannot be connected
 * again. False, too, where the kernel does not say. */
bool tcp_is_unconnected(int fd);

/* Has its handshake been completed, whatever has become of the connection since? */
bool tcp_has_connected(int fd);

#endif
