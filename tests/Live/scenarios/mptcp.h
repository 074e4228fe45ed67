/* SPDX-License-Identifier: MIT */
/* Ends of MPTCP connections, some of which outlive the end of their subflows, the TCP connections that carry them */
#pragma once

#include "parts.h"
#include <linux/mptcp.h>

#define SOL_MPTCP 284

/*
 * A connection without subflows waits a minute for another one; this shortens the wait. (Kernels without the setting do not play the scenes
 * that need it.)
 */
void short_wait(void);
void serve_mptcp(void); /* serve_part() with that */

#define BETWEEN_MPTCP(part)                  \
	short_wait();                        \
	PLAY(serve_mptcp, asked, part)

/* Parts of the server */
void read_to_end(int fd); /* the end may be orderly or an error */
void reset_when_gone(int fd); /* the client, from which it has heard nothing more, is gone by step 4 */

/* Parts of the client */
void hang_up(int fd); /* the kernel has ended the connection */
void lose_the_wire(int fd, pid_t server); /* what it sends is never acknowledged: the kernel gives up after two retransmissions */
