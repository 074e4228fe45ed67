/* SPDX-License-Identifier: MIT */
/* Connections for which nobody listens: a socket connects to itself, or two to each other */
#include "exchange.h"

/* A socket that connects to itself: one socket, both ends */
SCENARIO(connect_to_itself)
{
	int fd = client_socket();
	struct address a = address_of(scene.client_ip, 0);

	MUST(bind(fd, (void *)&a.storage, a.length));
	MUST(getsockname(fd, (void *)&a.storage, &a.length));
	MUST(connect(fd, (void *)&a.storage, a.length));
	give(fd, 7);
	take(fd, 7);
	tell_and_close("client", fd);
}

/*
 * Two sockets that connect to each other at the same time; nobody listens. At first neither finds its neighbour, so that both sit in
 * SYN_SENT; then the repeated SYNs cross.
 */
static void neighbour(const char *ip, const char *change)
{
	char command[200];

	snprintf(command, sizeof(command), "ip neigh %s %s %s dev eth0", change, ip, strcmp(change, "del") ? "lladdr 02:00:00:00:00:99" : "");
	run(command);
}

static int first_port; /* another one than in an earlier scene, which may have left a TIME_WAIT */

static int cross(const char *from, int from_port, const char *to, int to_port)
{
	int fd = client_socket();
	struct address a = address_of(from, from_port);

	neighbour(to, "replace");
	MUST(bind(fd, (void *)&a.storage, a.length));
	make_nonblocking(fd);
	try_connect(fd, to, to_port);
	board->count++;
	while (board->count < 2)
		milliseconds(1);
	neighbour(to, "del");
	if (wait_connected(fd))
		fail("crosswise");
	fcntl(fd, F_SETFL, 0);
	return fd;
}

static void connect_crosswise(void)
{
	int fd = cross(scene.server_ip, first_port + 1, scene.client_ip, first_port);

	answer(fd);
	say("server", fd, 0);
	take_end(fd);
	close(fd);
}

static void play_crosswise(void)
{
	reach(1);
	connect_crosswise();
}

SCENARIO(connect_simultaneous)
{
	pid_t server;
	int fd;

	first_port = 20000 + 2 * (getpid() % 5000);
	server = start_server(play_crosswise);
	fd = cross(scene.client_ip, first_port, scene.server_ip, first_port + 1);

	ask_and_close(fd);
	end(server);
}
