/* SPDX-License-Identifier: MIT */
/* The connection is older than the recorder */
#include "parts.h"

SCENARIO(existing_both)
{
	BETWEEN(wait_for_end);
	pause_for_recorder();
	give(fd, 0);
	finish(fd, server);
}

SCENARIO(existing_reset)
{
	BETWEEN(wait_for_error);
	pause_for_recorder();
	finish_by_reset(fd, server);
}

/* The peer has closed already when the recorder starts */
SCENARIO(existing_half_closed)
{
	BETWEEN(wait_until_gone);
	shutdown(fd, SHUT_WR);
	milliseconds(30);
	pause_for_recorder();
	reach(2);
	take_end(fd);
	finish(fd, server);
}

static void serve_full(void)
{
	int filler, fd, l = full_listener(&filler);

	reach(1);
	await(2);
	accepted(l);
	fd = accepted(l);
	take(fd, 3);
	say("server", fd, 0);
	take_end(fd);
	close(fd);
}

SCENARIO(existing_connecting_then_ok)
{
	pid_t server = start_server(serve_full);
	int fd = connecting();

	pause_for_recorder();
	reach(2);
	if (wait_connected(fd))
		fail("connect");
	give(fd, 3);
	finish(fd, server);
}

SCENARIO(existing_connecting_then_aborted)
{
	pid_t server = start_server(serve_full);
	int fd = connecting();

	pause_for_recorder();
	say_asked("client", fd, 0, scene.server_ip, board->port);
	close(fd);
	kill(server, SIGKILL);
	waitpid(server, 0, 0);
}
