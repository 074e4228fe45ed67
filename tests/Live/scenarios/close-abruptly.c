/* SPDX-License-Identifier: MIT */
/* Ends out of order: data was not read, SO_LINGER is 0, an administrator kills the socket, or it is in repair */
#include "parts.h"

static void more(int fd)
{
	char c;

	give(fd, 4);
	reach(3);
	await(4);
	say("server", fd, 0);
	if (read(fd, &c, 1) >= 0)
		fail("no reset");
	close(fd);
}

SCENARIO(close_unread)
{
	BETWEEN(more);
	await(3);
	arrived(fd, 4);
	tell_and_close("client", fd);
	milliseconds(30);
	reach(4);
	end(server);
}

/* An MPTCP socket whose peer speaks plain TCP sends a FIN all the same */
static void more_and_wait(int fd)
{
	give(fd, 4);
	reach(3);
	take_end(fd);
	tell_and_close("server", fd);
}

SCENARIO(close_unread_fallen_back)
{
	BETWEEN(more_and_wait);
	await(3);
	arrived(fd, 4);
	finish(fd, server);
}

SCENARIO(close_linger_zero)
{
	BETWEEN(wait_for_error);
	finish_by_reset(fd, server);
}

/* Destroyed by an administrator: `ss -K` */
SCENARIO(close_by_administrator)
{
	BETWEEN(wait_for_error);
	char c;

	say("client", fd, 0);
	kill_sockets('t', "=", local_port(fd));
	if (read(fd, &c, 1) >= 0)
		fail("not killed");
	milliseconds(30);
	reach(2);
	close(fd);
	end(server);
}

/* As when CRIU moves a connection to another machine: nothing is sent. Nobody answers the server's FIN. */
SCENARIO(close_in_repair)
{
	BETWEEN(wait_until_gone);
	int on = 1;

	say("client", fd, 0);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)));
	close(fd);
	reach(2);
	end(server);
}
