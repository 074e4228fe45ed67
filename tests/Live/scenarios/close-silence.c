/* SPDX-License-Identifier: MIT */
/* The peer does not answer: for good, or for a while */
#include "parts.h"

/* The server drops every segment: retransmissions get no answer until TCP_USER_TIMEOUT */
static void go_deaf(int fd)
{
	drop_segments(fd);
	reach(3);
	await(4);
	accept_segments(fd);
	linger_zero(fd);
	tell_and_close("server", fd);
}

SCENARIO(close_by_retransmission_timeout)
{
	BETWEEN(go_deaf);
	unsigned patience = 500;
	struct pollfd p = { fd, POLLHUP, 0 };

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience)));
	await(3);
	give(fd, 100);
	poll(&p, 1, 20000);
	tell_and_close("client", fd);
	reach(4);
	end(server);
}

SCENARIO(close_by_keepalive)
{
	BETWEEN(go_deaf);
	struct pollfd p = { fd, POLLHUP, 0 };

	keep_alive(fd);
	await(3);
	poll(&p, 1, 20000);
	tell_and_close("client", fd);
	reach(4);
	end(server);
}

/* The server drops segments for a while. Retransmitted bytes count once. */
static void hard_of_hearing(int fd)
{
	drop_segments(fd);
	reach(3);
	milliseconds(700);
	accept_segments(fd);
	take(fd, 50000);
	wait_for_end(fd);
}

SCENARIO(close_after_retransmissions)
{
	BETWEEN(hard_of_hearing);
	await(3);
	give(fd, 50000);
	milliseconds(2000);
	finish(fd, server);
}
