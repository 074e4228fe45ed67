/* SPDX-License-Identifier: MIT */
/* What happens between connection and accept(): time passes, the recorder starts, the connection ends */
#include "exchange.h"

static void accept_late(void)
{
	int l = listener(8);

	reach(1);
	await(10);
	milliseconds(200);
	answer_and_close(accepted(l));
}

SCENARIO(accept_after_waiting)
{
	pid_t server = start_server(accept_late);
	int fd = connected();

	reach(10);
	ask_and_close(fd);
	end(server);
}

/* The recorder starts while the server already waits in accept() */
SCENARIO(accept_blocked_before)
{
	pid_t server = start_server(serve_one);

	milliseconds(50);
	pause_for_recorder();
	ask_and_close(connected());
	end(server);
}

static void accept_from_queue(void)
{
	answer_and_close(accepted_at(10));
}

/* The connection was established before the recorder started, and is accepted later */
SCENARIO(accept_established_before)
{
	pid_t server = start_server(accept_from_queue);
	int fd = connected();

	pause_for_recorder();
	reach(10);
	ask_and_close(fd);
	end(server);
}

static void accept_finished(void)
{
	int fd = accepted_at(10);

	take(fd, 3);
	take_end(fd);
	tell_and_close("server", fd);
}

/* ... and by then the client has sent everything and has closed */
SCENARIO(accept_finished_before)
{
	pid_t server = start_server(accept_finished);
	int fd = connected();

	give(fd, 3);
	shutdown(fd, SHUT_WR);
	milliseconds(30);
	pause_for_recorder();
	say("client", fd, 0);
	reach(10);
	end(server);
}

static void accept_reset(void)
{
	tell_and_close("server", accepted_at(10));
}

SCENARIO(accept_reset_before)
{
	pid_t server = start_server(accept_reset);

	go_by_reset(connected());
	pause_for_recorder();
	reach(10);
	end(server);
}

/* The client has closed before the server accepts */
SCENARIO(accept_peer_reset)
{
	pid_t server = start_server(accept_reset);

	go_by_reset(connected());
	reach(10);
	end(server);
}

SCENARIO(accept_peer_closed)
{
	pid_t server = start_server(accept_finished);
	int fd = connected();

	give(fd, 3);
	tell_and_close("client", fd);
	milliseconds(50);
	reach(10);
	end(server);
}

SCENARIO(mptcp_disconnected_before_accept)
{
	pid_t server = start_server(accept_reset);
	int fd = connected();

	say("client", fd, 0);
	disconnect(fd);
	milliseconds(50);
	reach(10);
	end(server);
	close(fd);
}

/* Never accepted: the listener closes, and the kernel resets the client */
static void never_accept(void)
{
	int l = listener(8);

	reach(1);
	await(2);
	close(l);
	await(3);
}

SCENARIO(accept_never)
{
	pid_t server = start_server(never_accept);
	int fd = connected();
	char c;

	say("client", fd, 0);
	milliseconds(30);
	reach(2);
	if (read(fd, &c, 1) >= 0)
		fail("no reset");
	close(fd);
	reach(3);
	end(server);
}
