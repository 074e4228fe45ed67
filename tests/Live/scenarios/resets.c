/* SPDX-License-Identifier: MIT */
/* Which end sends the reset after our program has closed the connection, or has shut it down */
#include "parts.h"

static void serve(void)
{
	int fd, l = listener(8);

	reach(1);
	fd = accepted(l);
	take(fd, 3);
	server_part(fd);
}

static int given(void)
{
	int fd = connected();

	give(fd, 3);
	return fd;
}

/* Writes until the server's window is closed: a FIN then waits behind the data */
static void fill(int fd)
{
	static char bytes[65536];

	unsigned long sent = 0;

	int on = 1;

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on))); /* close() sets it, too; set now, it does not push data at that time */
	make_nonblocking(fd);
	for (int quiet = 0; quiet < 25; milliseconds(20), quiet++) { /* the first probe of the window takes 200 ms */
		while (write(fd, bytes, sizeof(bytes)) > 0)
			quiet = 0;
		if (counts_of_kernel(fd) != sent)
			quiet = 0;
		sent = counts_of_kernel(fd);
	}
}

/* Waits for the peer's reset without reading */
static void wait_for_reset(int fd)
{
	struct pollfd p = { fd, 0, 0 };

	if (poll(&p, 1, 10000) != 1)
		fail("no reset");
	tell_and_close("server", fd);
}

static void answer_late(int fd)
{
	await(2);
	milliseconds(50);
	counts_of_kernel(fd);
	if (write(fd, "late", 4) != 4)
		fail("write");
	counts(fd, 4);
	wait_for_reset(fd);
	reach(3);
}

static void reset_late(int fd)
{
	await(2);
	milliseconds(50);
	counts_of_kernel(fd);
	linger_zero(fd);
	tell_and_close("server", fd);
	reach(3);
}

#define AFTER_GIVING(part) PLAY(serve, given, part)

SCENARIO(reset_by_data_after_close)
{
	AFTER_GIVING(answer_late);
	fill(fd);
	tell_and_close("client", fd);
	reach(2);
	end(server);
}

SCENARIO(reset_by_data_after_shutdown)
{
	AFTER_GIVING(answer_late);
	fill(fd);
	say("client", fd, 0);
	shutdown(fd, SHUT_RDWR);
	reach(2);
	await(3);
	close(fd);
	end(server);
}

/* The recorder ends while the data and the FIN of a closed socket wait for a peer that does not read */
SCENARIO(closed_and_unfinished)
{
	AFTER_GIVING(answer_late);
	fill(fd);
	tell_and_close("client", fd);
	pause_for_recorder();
	reach(2);
	end(server);
}

SCENARIO(reset_received_after_close)
{
	AFTER_GIVING(reset_late);
	fill(fd);
	tell_and_close("client", fd);
	reach(2);
	end(server);
}

SCENARIO(reset_received_after_shutdown)
{
	AFTER_GIVING(reset_late);
	fill(fd);
	say("client", fd, 0);
	shutdown(fd, SHUT_RDWR);
	reach(2);
	await(3);
	close(fd);
	end(server);
}

/* The client does not wait for the peer's FIN: once its own FIN is acknowledged, the kernel resets the connection */
SCENARIO(reset_without_lingering)
{
	int never = -1;

	AFTER_GIVING(wait_for_reset);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &never, sizeof(never)));
	finish(fd, server);
}

static void finish_and_wait(int fd)
{
	shutdown(fd, SHUT_WR);
	await(2);
	milliseconds(50);
	counts_of_kernel(fd);
	reach(3);
	await(4);
	wait_for_reset(fd);
}

/* Both ends have shut down, but our FIN waits behind the data; then close() with SO_LINGER 0 */
SCENARIO(reset_when_both_have_finished)
{
	AFTER_GIVING(finish_and_wait);
	take_end(fd);
	fill(fd);
	shutdown(fd, SHUT_WR);
	reach(2);
	await(3);
	counts_of_kernel(fd);
	linger_zero(fd);
	tell_and_close("client", fd);
	reach(4);
	end(server);
}

/* ... also if the FIN is acknowledged before close() */
static void end_and_wait_for_reset(int fd)
{
	take_end(fd);
	reach(3);
	wait_for_reset(fd);
}

SCENARIO(reset_without_lingering_after_half)
{
	int never = -1;

	AFTER_GIVING(end_and_wait_for_reset);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &never, sizeof(never)));
	shutdown(fd, SHUT_WR);
	await(3);
	milliseconds(50);
	finish(fd, server);
}

/*
 * Between shutdown(SHUT_WR) and close() data reaches the client: afterwards nothing tells whether a segment then had data or a reset. The
 * server does not get the FIN, so that it stays unacknowledged.
 */
static void answer_twice(int fd)
{
	int yes = 1;

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)));
	drop_segments(fd);
	reach(3);
	await(4);
	give(fd, 5);
	await(5);
	give(fd, 4);
	milliseconds(30);
	accept_segments(fd);
	wait_for_reset(fd);
}

SCENARIO(reset_between_data)
{
	AFTER_GIVING(answer_twice);
	await(3);
	shutdown(fd, SHUT_WR);
	reach(4);
	take(fd, 5);
	tell_and_close("client", fd);
	reach(5);
	end(server);
}
