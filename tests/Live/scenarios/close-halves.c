/* SPDX-License-Identifier: MIT */
/* An end is shut down before it is closed, or before the other end is reset */
#include "parts.h"

SCENARIO(close_after_shutdown)
{
	BETWEEN(wait_for_end);
	say("client", fd, 0);
	shutdown(fd, SHUT_RDWR);
	milliseconds(100);
	close(fd);
	end(server);
}

/* The client says that it has no more to send; the server still has much */
static void much(int fd)
{
	take_end(fd);
	milliseconds(50);
	give(fd, 1000000);
	tell_and_close("server", fd);
}

SCENARIO(close_half_then_data)
{
	BETWEEN(much);
	shutdown(fd, SHUT_WR);
	take(fd, 1000000);
	take_end(fd);
	finish(fd, server);
}

/* ... and the client does not read it all: its close is a reset */
static void some(int fd)
{
	char c;

	take_end(fd);
	give(fd, 1000);
	reach(3);
	await(4);
	say("server", fd, 0);
	await_reset(fd);
	if (read(fd, &c, 1) >= 0 && send(fd, &c, 1, 0) >= 0)
		fail("no reset");
	close(fd);
}

SCENARIO(close_half_then_unread)
{
	BETWEEN(some);
	shutdown(fd, SHUT_WR);
	await(3);
	arrived(fd, 1000);
	tell_and_close("client", fd);
	milliseconds(30);
	reach(4);
	end(server);
}

/* The peer had closed its half before: EPIPE rather than ECONNRESET */
static void half_then_reset(int fd)
{
	shutdown(fd, SHUT_WR);
	linger_zero(fd);
	await(2);
	tell_and_close("server", fd);
	reach(3);
}

SCENARIO(close_reset_after_half)
{
	BETWEEN(half_then_reset);
	take_end(fd);
	reach(2);
	await(3);
	milliseconds(30);
	finish(fd, server);
}

/* The reset comes when the client has already closed */
static void reset_late(int fd)
{
	linger_zero(fd);
	await(2);
	milliseconds(30);
	tell_and_close("server", fd);
}

SCENARIO(close_then_reset)
{
	BETWEEN(reset_late);
	struct pollfd p = { fd, POLLHUP, 0 };

	say("client", fd, 0);
	shutdown(fd, SHUT_WR);
	reach(2);
	poll(&p, 1, 20000);
	close(fd);
	end(server);
}
