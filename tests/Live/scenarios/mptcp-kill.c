/* SPDX-License-Identifier: MIT */
/* Sockets are killed: that of the connection, or its only subflow */
#include "mptcp.h"

/* The kernel refuses to kill an MPTCP socket: the connection goes on */
SCENARIO(mptcp_kill)
{
	BETWEEN_MPTCP(wait_for_end);
	kill_sockets('M', "=", local_port(fd));
	milliseconds(50);
	finish(fd, server);
}

/* The only subflow is killed, and there is no other */
SCENARIO(mptcp_kill_only_subflow)
{
	BETWEEN_MPTCP(read_to_end);
	kill_sockets('t', "=", local_port(fd));
	hang_up(fd);
	end(server);
}

/* ... the program closes before the kernel has given up */
SCENARIO(mptcp_close_without_subflow)
{
	BETWEEN_MPTCP(read_to_end);
	kill_sockets('t', "=", local_port(fd));
	milliseconds(50);
	finish(fd, server);
}

static void wait_for_end_then_error(int fd)
{
	struct pollfd p = { fd, 0, 0 };

	take_end(fd);
	reach(3);
	say("server", fd, 0);
	if (poll(&p, 1, 20000) != 1)
		fail("poll");
	close(fd);
}

/* ... the program has already called shutdown(SHUT_WR) */
SCENARIO(mptcp_kill_only_subflow_after_shutdown)
{
	BETWEEN_MPTCP(wait_for_end_then_error);
	shutdown(fd, SHUT_WR);
	await(3);
	kill_sockets('t', "=", local_port(fd));
	hang_up(fd);
	end(server);
}
