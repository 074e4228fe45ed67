/* SPDX-License-Identifier: MIT */
/* Nothing comes over the wire any more, or ever */
#include "mptcp.h"

SCENARIO(mptcp_retransmission_timeout)
{
	lay_wire();
	BETWEEN_MPTCP(reset_when_gone);
	lose_the_wire(fd, server);
}

SCENARIO(mptcp_keepalive)
{
	lay_wire();
	BETWEEN_MPTCP(reset_when_gone);
	keep_alive(fd);
	board->wire = WIRE_CUT;
	hang_up(fd);
	reach(4);
	end(server);
}

SCENARIO(mptcp_connect_timeout)
{
	int fd, error;

	lay_wire();
	board->wire = WIRE_CUT;
	write_file("/proc/sys/net/ipv4/tcp_syn_retries", "1");
	write_file("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", "0");
	fd = bound_client();
	error = try_connect(fd, scene.server_ip, 7);
	write_file("/proc/sys/net/ipv4/tcp_syn_retries", "6");
	write_file("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", "4");
	say_asked("client", fd, error, scene.server_ip, 7);
}
