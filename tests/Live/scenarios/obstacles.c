/* SPDX-License-Identifier: MIT */
/* What keeps a connect from success */
#include "obstacles.h"

void serve_nobody(void)
{
	close(listener(1));
	reach(1);
}

void serve_full(void)
{
	int filler;

	full_listener(&filler);
	reach(1);
	await(2);
}

void answer_after_filler(int listening, int filler)
{
	int other = accepted(listening); /* accepts the filler, and makes room for the next SYN, which comes after a second */

	answer_and_close(accepted(listening));
	close(other);
	close(filler);
}

static void hold_one(void)
{
	int l = listener(8);

	reach(1);
	accepted(l);
	await(2);
}

void connect_without_port(int (*attempt)(int fd))
{
	pid_t server = start_server(hold_one);
	int first, fd;

	write_file("/proc/sys/net/ipv4/ip_local_port_range", "31001 31001");
	first = connected();
	fd = client_socket();
	say_asked("client", fd, attempt(fd), scene.server_ip, board->port);
	close(fd);
	close(first);
	write_file("/proc/sys/net/ipv4/ip_local_port_range", "32768 60999");
	reach(2);
	end(server);
}
