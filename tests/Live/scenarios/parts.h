/* SPDX-License-Identifier: MIT */
/* A connection between two ends that have asked and answered, and the part that the server plays from then on */
#pragma once

#include "exchange.h"

extern void (*server_part)(int fd);
void serve_part(void); /* answers one client, then plays server_part() */

#define PLAY(serve, ask, part)               \
	pid_t server;                        \
	int fd;                              \
	server_part = part;                  \
	server = start_server(serve);        \
	fd = ask()

#define BETWEEN(part) PLAY(serve_part, asked, part)

void close_at_once(int fd);
void wait_for_end(int fd);
void wait_for_error(int fd); /* the client has reset the connection by step 2 */
void wait_until_gone(int fd); /* the client is gone by step 2, without a word */

void await_reset(int fd); /* a reset of MPTCP reaches the socket a little later, by a kernel worker */
