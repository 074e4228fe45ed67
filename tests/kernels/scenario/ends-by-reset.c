/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Ends that reset the connection, or whose peer does */
#include "process.h"
#include "socket.h"
#include "ends.h"

void close_unread(int fd)
{
	await_input(fd);
	close(fd);
}

void reset(int fd)
{
	send_bytes(fd, SENT);
	receive_bytes(fd, ANSWERED);
	reset_now(fd);
}

/* The reset comes after the peer's FIN: EPIPE instead of ECONNRESET */
void finish_and_reset(int fd)
{
	receive_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	await_state(fd, 5); /* TCP_FIN_WAIT2 */
	reset_now(fd);
}

void ask_until_reset(int fd)
{
	send_bytes(fd, SENT);
	await_state(fd, TCP_CLOSE);
	close(fd);
}

/* Reset after the client has closed its half */
void half_closed_until_reset(int fd)
{
	send_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	await_state(fd, TCP_CLOSE);
	close(fd);
}

void drain_and_reset(int fd)
{
	receive_bytes(fd, SENT);
	await_end(fd);
	reset_now(fd);
}

void shut_down_unread(int fd)
{
	send_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	await_input(fd);
	close(fd);
}

void answer_and_await(int fd)
{
	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	await_state(fd, TCP_CLOSE);
	close(fd);
}
