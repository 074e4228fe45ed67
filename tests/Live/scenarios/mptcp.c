/* SPDX-License-Identifier: MIT */
/* What ends of MPTCP connections have in common */
#include "mptcp.h"

void short_wait(void)
{
	const char *close_timeout = "/proc/sys/net/mptcp/close_timeout";

	if (!access(close_timeout, W_OK))
		write_file(close_timeout, "1");
}

void serve_mptcp(void)
{
	short_wait();
	serve_part();
}

void read_to_end(int fd)
{
	char c;

	say("server", fd, 0);
	if (read(fd, &c, 1) > 0)
		fail("no end");
	close(fd);
}

void reset_when_gone(int fd)
{
	await(4);
	linger_zero(fd);
	tell_and_close("server", fd);
}

void hang_up(int fd)
{
	struct pollfd p = { fd, 0, 0 };

	if (poll(&p, 1, 20000) != 1)
		fail("poll");
	tell_and_close("client", fd);
}

void lose_the_wire(int fd, pid_t server)
{
	write_file("/proc/sys/net/ipv4/tcp_retries2", "2");
	board->wire = WIRE_CUT;
	give(fd, 100);
	hang_up(fd);
	write_file("/proc/sys/net/ipv4/tcp_retries2", "15");
	reach(4);
	end(server);
}
