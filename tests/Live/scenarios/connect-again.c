/* SPDX-License-Identifier: MIT */
/* connect() is called again: for the outcome of the first call, or for another connection of the same socket */
#include "obstacles.h"

/* The error is read by a second connect(), as Windows programmers do; then the same socket connects where somebody listens */
static void serve_late(void)
{
	int port;

	close(listener(1));
	port = board->port;
	reach(1);
	await(2);
	board->port = port;
	int l = listener(8);
	reach(3);
	answer_and_close(accepted(l));
}

SCENARIO(connect_refused_then_ok)
{
	pid_t server = start_server(serve_late);
	int fd = nonblocking_client();
	struct pollfd p = { fd, POLLOUT, 0 };

	try_connect(fd, scene.server_ip, board->port);
	poll(&p, 1, 1000);
	say_asked("refused", fd, ECONNREFUSED, scene.server_ip, board->port);
	if (try_connect(fd, scene.server_ip, board->port) != ECONNREFUSED)
		fail("second connect");
	reach(2);
	await(3);
	fcntl(fd, F_SETFL, 0);
	if (try_connect(fd, scene.server_ip, board->port))
		fail("third connect");
	ask_and_close(fd);
	end(server);
}

/* The program reads the error with SO_ERROR and calls connect() again: ECONNABORTED is about the same attempt */
SCENARIO(connect_refused_asked_again)
{
	pid_t server = start_server(serve_nobody);
	int fd = nonblocking_client();
	int error;

	try_connect(fd, scene.server_ip, board->port);
	error = wait_connected(fd);
	say_asked("client", fd, error, scene.server_ip, board->port);
	if (try_connect(fd, scene.server_ip, board->port) != ECONNABORTED)
		fail("second connect");
	close(fd);
	end(server);
}

/*
 * Established, then reset (after a FIN, if ARGUMENT is `half`). Only then the program calls connect() again for the outcome of the first
 * call.
 */
static void serve_reset(void)
{
	int l = listener(8);
	int fd;

	reach(1);
	fd = accepted(l);
	if (!strcmp(scene.argument, "half"))
		shutdown(fd, SHUT_WR);
	linger_zero(fd);
	await(2);
	tell_and_close("server", fd);
}

SCENARIO(connect_reset_asked_again)
{
	pid_t server = start_server(serve_reset);
	int fd = nonblocking_client();
	struct pollfd p = { fd, 0, 0 };
	int error;

	try_connect(fd, scene.server_ip, board->port);
	p.events = POLLOUT;
	poll(&p, 1, 1000);
	milliseconds(30);
	say("client", fd, 0);
	reach(2);
	end(server);
	p.events = 0;
	poll(&p, 1, 1000);
	error = try_connect(fd, scene.server_ip, board->port);
	if (error != (strcmp(scene.argument, "half") ? ECONNRESET : EPIPE))
		fail("second connect");
	close(fd);
}

/* Connected, disconnected with AF_UNSPEC (which resets), connected again: two connections of one socket */
static void serve_twice(void)
{
	int l = listener(8);
	char c;

	reach(1);
	int first = accepted(l);
	take(first, 3);
	say("server1", first, 0);
	await(2);
	if (read(first, &c, 1) >= 0)
		fail("no reset");
	close(first);
	int fd = accepted(l);
	answer(fd);
	take_end(fd);
	tell_and_close("server2", fd);
}

SCENARIO(connect_disconnect_connect)
{
	pid_t server = start_server(serve_twice);
	int fd = connected();

	give(fd, 3);
	milliseconds(50);
	say("client1", fd, 0);
	disconnect(fd);
	reach(2);
	if (try_connect(fd, scene.server_ip, board->port))
		fail("again");
	ask(fd);
	tell_and_close("client2", fd);
	end(server);
}
