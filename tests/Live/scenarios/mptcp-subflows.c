/* SPDX-License-Identifier: MIT */
/* Several subflows, some of which are killed */
#include "mptcp.h"

/* A second address on each side, over which the kernel makes further subflows */
static void second_address(int host, const char *what, bool gone)
{
	char command[400];

	if (gone)
		snprintf(command, sizeof(command),
			 "ip mptcp endpoint flush && ip mptcp limits set subflows 0 add_addr_accepted 0 && ip addr del %s%d/%s dev eth0",
			 scene.v6 ? "fd78::" : "10.78.0.", host, scene.v6 ? "64" : "24");
	else
		snprintf(command, sizeof(command),
			 "ip addr add %s%d/%s dev eth0 %s && ip mptcp limits set subflows 4 add_addr_accepted 4 && "
			 "ip mptcp endpoint add %s%d dev eth0 %s",
			 scene.v6 ? "fd78::" : "10.78.0.", host, scene.v6 ? "64" : "24", scene.v6 ? "nodad" : "", scene.v6 ? "fd78::" : "10.78.0.", host, what);
	run(command);
}

static int further_subflows(int fd)
{
	struct mptcp_info info = {};
	socklen_t length = sizeof(info);

	MUST(getsockopt(fd, SOL_MPTCP, MPTCP_INFO, &info, &length));
	return info.mptcpi_subflows;
}

static void (*many_part)(int fd);

static void serve_on_two(int fd)
{
	many_part(fd);
	second_address(2, "signal", true);
}

static void serve_two(void)
{
	second_address(2, "signal", false);
	serve_mptcp();
}

#define BETWEEN_TWO(part)                                                                  \
	pid_t server;                                                                      \
	int fd;                                                                            \
	short_wait();                                                                      \
	many_part = part;                                                                  \
	server_part = serve_on_two;                                                        \
	second_address(1, "subflow fullmesh", false);                                      \
	server = start_server(serve_two);                                                  \
	fd = asked();                                                                      \
	for (int i = 0; further_subflows(fd) < 1; i++) {                                   \
		if (i > 5000)                                                              \
			fail("subflows");                                                  \
		milliseconds(1);                                                           \
	}                                                                                  \
	milliseconds(50)

static void much_both_ways(int fd)
{
	take(fd, 300000);
	give(fd, 200000);
	wait_for_end(fd);
}

static void send_much_and_end(int fd, pid_t server)
{
	give(fd, 300000);
	take(fd, 200000);
	finish(fd, server);
	second_address(1, "", true);
}

SCENARIO(mptcp_several_subflows)
{
	BETWEEN_TWO(much_both_ways);
	printf("%d further subflows\n", further_subflows(fd));
	send_much_and_end(fd, server);
}

/* All subflows but the first are killed */
SCENARIO(mptcp_kill_further_subflows)
{
	BETWEEN_TWO(much_both_ways);
	kill_sockets('t', "!=", local_port(fd));
	milliseconds(50);
	send_much_and_end(fd, server);
}

/* The first subflow is killed: the connection keeps its addresses */
SCENARIO(mptcp_kill_first_subflow)
{
	BETWEEN_TWO(much_both_ways);
	kill_sockets('t', "=", local_port(fd));
	milliseconds(50);
	send_much_and_end(fd, server);
}

/* ... and then the program closes with unread data: the close is the program's, not a result of the killed subflow */
static void more(int fd)
{
	give(fd, 4);
	reach(3);
	read_to_end(fd);
}

SCENARIO(mptcp_kill_first_subflow_then_unread)
{
	BETWEEN_TWO(more);
	await(3);
	kill_sockets('t', "=", local_port(fd));
	milliseconds(50);
	arrived(fd, 4);
	finish(fd, server);
	second_address(1, "", true);
}
