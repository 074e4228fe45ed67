/* SPDX-License-Identifier: MIT */
/*
 * Many connections of one kind, as fast as possible, on one host, with client and server in one process. ARGUMENT is their number. Prints
 * how many there were.
 */
#include "scene.h"

static int many(void)
{
	return atoi(scene.argument);
}

static int begin(void)
{
	write_file("/proc/sys/net/ipv4/ip_local_port_range", "1024 65535");
	write_file("/proc/sys/net/ipv4/tcp_max_tw_buckets", "0");
	return listener(128);
}

static void tell(int done)
{
	printf("load pid=%d count=%d\n", getpid(), done);
}

SCENARIO(load_close)
{
	int l = begin();

	for (int i = 0; i < many(); i++) {
		int client = connected();
		int server = accepted(l);

		close(i % 2 ? client : server);
		close(i % 2 ? server : client);
	}
	tell(many());
}

SCENARIO(load_reset)
{
	int l = begin();

	for (int i = 0; i < many(); i++) {
		int client = connected();
		int server = accepted(l);

		linger_zero(i % 2 ? client : server);
		close(i % 2 ? client : server);
		close(i % 2 ? server : client);
	}
	tell(many());
}

SCENARIO(load_reset_before_accept)
{
	int l = begin();

	for (int i = 0; i < many(); i++) {
		int client = connected();

		linger_zero(client);
		close(client);
		close(accepted(l));
	}
	tell(many());
}

SCENARIO(load_never_accepted)
{
	begin();
	for (int i = 0; i < many(); i += 100) {
		int l, clients[100];

		board->port = 0;
		l = listener(128);
		for (int j = 0; j < 100; j++)
			clients[j] = connected();
		close(l);
		for (int j = 0; j < 100; j++)
			close(clients[j]);
	}
	tell(many());
}

SCENARIO(load_refused)
{
	int l = begin();

	close(l);
	for (int i = 0; i < many(); i++) {
		int fd = client_socket();

		if (try_connect(fd, scene.server_ip, board->port) != ECONNREFUSED)
			fail("not refused");
		close(fd);
	}
	tell(many());
}

SCENARIO(load_nonblocking_refused)
{
	int l = begin();

	close(l);
	for (int i = 0; i < many(); i++) {
		int fd = client_socket();

		make_nonblocking(fd);
		if (try_connect(fd, scene.server_ip, board->port) == EINPROGRESS)
			wait_connected(fd);
		close(fd);
	}
	tell(many());
}

SCENARIO(load_unreachable)
{
	for (int i = 0; i < many(); i++) {
		int fd = client_socket();

		if (try_connect(fd, scene.nobody_ip, 7) != ENETUNREACH)
			fail("not unreachable");
		close(fd);
	}
	tell(many());
}

SCENARIO(load_given_up)
{
	int filler;

	begin();
	board->port = 0;
	full_listener(&filler);
	for (int i = 0; i < many(); i++)
		close(connecting());
	tell(many());
}

/* Two processes: the connect side and the accept side run on different processors */
static int listening;

static void accept_all(void)
{
	for (int i = 0; i < many(); i++)
		close(accepted(listening));
}

SCENARIO(load_across)
{
	pid_t server;

	listening = begin();
	listen(listening, 4096); /* or else SYNs are dropped now and then, and each of them waits for a second */
	server = start("server", accept_all);
	for (int i = 0; i < many(); i++) {
		int fd = connected();

		if (i % 3 == 0)
			linger_zero(fd);
		close(fd);
	}
	end(server);
	tell(many());
}

/* All open at once */
SCENARIO(load_held)
{
	int l = begin();
	int fds[2000];

	for (int i = 0; i < many(); i++) {
		fds[2 * i] = connected();
		fds[2 * i + 1] = accepted(l);
	}
	for (int i = 0; i < 2 * many(); i++)
		close(fds[i]);
	tell(many());
}

/* Idle connections are open while as many short ones come and go */
SCENARIO(load_beside_idle)
{
	int l = begin();
	int fds[2000];

	for (int i = 0; i < many(); i++) {
		fds[2 * i] = connected();
		fds[2 * i + 1] = accepted(l);
	}
	pause_for_recorder();
	for (int i = 0; i < many(); i++) {
		int client = connected(), server = accepted(l);

		close(client);
		close(server);
	}
	tell(many());
	pause_for_recorder();
	for (int i = 0; i < 2 * many(); i++)
		close(fds[i]);
}

/* Many listeners, the last of which gets a connection */
SCENARIO(load_listeners)
{
	int l = -1;

	for (int i = 0; i < many(); i++) {
		board->port = 0;
		l = listener(1);
	}
	close(connected());
	close(accepted(l));
	tell(many());
}
