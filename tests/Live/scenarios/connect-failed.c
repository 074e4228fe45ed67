/* SPDX-License-Identifier: MIT */
/* connect() that fails */
#include "obstacles.h"

SCENARIO(connect_refused)
{
	pid_t server = start_server(serve_nobody);
	int fd = bound_client();
	int error = try_connect(fd, scene.server_ip, board->port);

	say_asked("client", fd, error, scene.server_ip, board->port);
	end(server);
}

SCENARIO(connect_refused_unbound)
{
	pid_t server = start_server(serve_nobody);
	int fd = client_socket();
	int error = try_connect(fd, scene.server_ip, board->port);

	say_asked("client", fd, error, scene.server_ip, board->port);
	end(server);
}

SCENARIO(connect_unreachable)
{
	int fd = client_socket();
	int error = try_connect(fd, scene.nobody_ip, 7);

	say_asked("client", fd, error, scene.nobody_ip, 7);
}

/* ARGUMENT is an address whose neighbour does not answer */
SCENARIO(connect_no_neighbour)
{
	int fd = bound_client();
	int error = try_connect(fd, scene.argument, 7);

	say_asked("client", fd, error, scene.argument, 7);
}

static int try(int fd)
{
	return try_connect(fd, scene.server_ip, board->port);
}

SCENARIO(connect_no_port)
{
	connect_without_port(try);
}

SCENARIO(connect_timed_out)
{
	pid_t server = start_server(serve_full);
	int fd = bound_client();
	unsigned patience = 300;
	int error;

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience)));
	error = try_connect(fd, scene.server_ip, board->port);
	say_asked("client", fd, error, scene.server_ip, board->port);
	reach(2);
	end(server);
}

SCENARIO(connect_nonblocking_refused)
{
	pid_t server = start_server(serve_nobody);
	int fd = nonblocking_client();
	int error;

	try_connect(fd, scene.server_ip, board->port);
	error = wait_connected(fd);
	say_asked("client", fd, error, scene.server_ip, board->port);
	close(fd);
	end(server);
}

/* Errors of the call rather than of a connection */
SCENARIO(connect_bad_arguments)
{
	int fd = client_socket();
	struct sockaddr_in6 wrong = { .sin6_family = AF_APPLETALK };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(7), .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	connect(fd, (void *)&wrong, sizeof(wrong));
	say_asked("family", fd, errno, "-", 0);
	connect(fd, (void *)&wrong, 1);
	say_asked("length", fd, errno, "-", 0);
	connect(fd, (void *)8, sizeof(wrong));
	say_asked("pointer", fd, errno, "-", 0);
	if (!scene.v6) {
		connect(fd, (void *)&v6, sizeof(v6));
		say_asked("version", fd, errno, "-", 0);
	}
	connect(-1, (void *)&v6, sizeof(v6));
	connect(0, (void *)&v6, sizeof(v6));
}
