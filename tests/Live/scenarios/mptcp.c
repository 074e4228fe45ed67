/* SPDX-License-Identifier: MIT */
/* MPTCP connections, some of which outlive the end of their subflows, the TCP connections that carry them */
#include "scene.h"
#include <linux/mptcp.h>

#define SOL_MPTCP 284

static void run(const char *command)
{
	if (system(command))
		fail(command);
}

/*
 * A connection without subflows waits a minute for another one; this shortens the wait. (Kernels without the setting do not play the scenes
 * that need it.)
 */
static void short_wait(void)
{
	const char *close_timeout = "/proc/sys/net/mptcp/close_timeout";

	if (!access(close_timeout, W_OK))
		write_file(close_timeout, "1");
}

static void (*server_part)(int fd);

static void serve(void)
{
	int fd, l = listener(8);

	short_wait();
	reach(1);
	fd = accepted(l);
	take(fd, 3);
	give(fd, 5);
	server_part(fd);
}

static int ask(void)
{
	int fd = connected();

	give(fd, 3);
	take(fd, 5);
	return fd;
}

static void tell_and_close(const char *who, int fd)
{
	say(who, fd, 0);
	close(fd);
}

static void wait_for_end(int fd)
{
	take_end(fd);
	tell_and_close("server", fd);
}

static void wait_for_error(int fd)
{
	char c;

	say("server", fd, 0);
	if (read(fd, &c, 1) > 0)
		fail("no end");
	close(fd);
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

/* Waits until the peer is gone, then resets the connection, which has heard no more from it */
static void wait_then_reset(int fd)
{
	await(4);
	linger_zero(fd);
	tell_and_close("server", fd);
}

static void hang_up(int fd)
{
	struct pollfd p = { fd, 0, 0 };

	if (poll(&p, 1, 20000) != 1)
		fail("poll");
	tell_and_close("client", fd);
}

#define BETWEEN(part)                        \
	pid_t server;                        \
	int fd;                              \
	short_wait();                        \
	server_part = part;                  \
	server = start_server(serve);        \
	fd = ask()

SCENARIO(mptcp_retransmission_timeout)
{
	lay_wire();
	BETWEEN(wait_then_reset);
	write_file("/proc/sys/net/ipv4/tcp_retries2", "2");
	board->wire = WIRE_CUT;
	give(fd, 100);
	hang_up(fd);
	write_file("/proc/sys/net/ipv4/tcp_retries2", "15");
	reach(4);
	end(server);
}

SCENARIO(mptcp_keepalive)
{
	lay_wire();
	BETWEEN(wait_then_reset);
	int on = 1, second = 1;

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &second, sizeof(second)));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &second, sizeof(second)));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &second, sizeof(second)));
	MUST(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
	board->wire = WIRE_CUT;
	hang_up(fd);
	reach(4);
	end(server);
}

SCENARIO(mptcp_connect_timeout)
{
	struct address a;
	int fd, error;

	lay_wire();
	board->wire = WIRE_CUT;
	write_file("/proc/sys/net/ipv4/tcp_syn_retries", "1");
	write_file("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", "0");
	fd = client_socket();
	a = address_of(scene.client_ip, 0);
	MUST(bind(fd, (void *)&a.storage, a.length));
	error = try_connect(fd, scene.server_ip, 7);
	write_file("/proc/sys/net/ipv4/tcp_syn_retries", "6");
	write_file("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", "4");
	say_asked("client", fd, error, scene.server_ip, 7);
}

static int local_port(int fd)
{
	struct address a = { .length = sizeof(a.storage) };

	MUST(getsockname(fd, (void *)&a.storage, &a.length));
	return ntohs(((struct sockaddr_in *)&a.storage)->sin_port);
}

/* `ss -K`, of MPTCP sockets (M) or TCP ones (t) */
static void kill_sockets(char table, const char *comparison, int port)
{
	char command[200];

	snprintf(command, sizeof(command), "ss -K -%c sport %s :%d dport = :%d >/dev/null", table, comparison, port, board->port);
	run(command);
}

/* The kernel refuses to kill an MPTCP socket: the connection goes on */
SCENARIO(mptcp_kill)
{
	BETWEEN(wait_for_end);
	kill_sockets('M', "=", local_port(fd));
	milliseconds(50);
	tell_and_close("client", fd);
	end(server);
}

/* The only subflow is killed, and there is no other */
SCENARIO(mptcp_kill_only_subflow)
{
	BETWEEN(wait_for_error);
	kill_sockets('t', "=", local_port(fd));
	hang_up(fd);
	end(server);
}

/* ... the program closes before the kernel has given up */
SCENARIO(mptcp_close_without_subflow)
{
	BETWEEN(wait_for_error);
	kill_sockets('t', "=", local_port(fd));
	milliseconds(50);
	tell_and_close("client", fd);
	end(server);
}

/* ... the program has already called shutdown(SHUT_WR) */
SCENARIO(mptcp_kill_only_subflow_after_shutdown)
{
	BETWEEN(wait_for_end_then_error);
	shutdown(fd, SHUT_WR);
	await(3);
	kill_sockets('t', "=", local_port(fd));
	hang_up(fd);
	end(server);
}

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
	serve();
}

#define BETWEEN_TWO(part)                                                                  \
	pid_t server;                                                                      \
	int fd;                                                                            \
	short_wait();                                                                      \
	many_part = part;                                                                  \
	server_part = serve_on_two;                                                        \
	second_address(1, "subflow fullmesh", false);                                      \
	server = start_server(serve_two);                                                  \
	fd = ask();                                                                        \
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
	tell_and_close("client", fd);
	end(server);
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
	wait_for_error(fd);
}

SCENARIO(mptcp_kill_first_subflow_then_unread)
{
	BETWEEN_TWO(more);
	await(3);
	kill_sockets('t', "=", local_port(fd));
	milliseconds(50);
	arrived(fd, 4);
	tell_and_close("client", fd);
	end(server);
	second_address(1, "", true);
}

/* A middlebox changes data. With checksums both ends notice it, and go on without MPTCP */
static void use_checksums(const char *yes)
{
	write_file("/proc/sys/net/mptcp/checksum_enabled", yes);
}

static bool fell_back(int fd)
{
	struct mptcp_info info = {};
	socklen_t length = sizeof(info);

	return getsockopt(fd, SOL_MPTCP, MPTCP_INFO, &info, &length) || info.mptcpi_flags & MPTCP_INFO_FLAG_FALLBACK;
}

/* Takes the changed data, and the data that makes the other end fall back, too */
static void take_spoilt(int fd)
{
	take(fd, 150);
	if (!fell_back(fd))
		fail("no fallback");
}

static void give_spoilt(int fd)
{
	board->wire = WIRE_SPOILS_ONE;
	give(fd, 100);
	milliseconds(100);
	give(fd, 50);
	milliseconds(100);
	if (!fell_back(fd))
		fail("no fallback");
	use_checksums("0");
}

static void end_after_fallback(int fd)
{
	take_spoilt(fd);
	wait_for_end(fd);
}

SCENARIO(mptcp_fallback)
{
	use_checksums("1");
	lay_wire();
	BETWEEN(end_after_fallback);
	give_spoilt(fd);
	tell_and_close("client", fd);
	end(server);
	milliseconds(100);
}

static void reset_after_fallback(int fd)
{
	take_spoilt(fd);
	wait_for_error(fd);
}

SCENARIO(mptcp_fallback_then_reset)
{
	use_checksums("1");
	lay_wire();
	BETWEEN(reset_after_fallback);
	give_spoilt(fd);
	linger_zero(fd);
	tell_and_close("client", fd);
	end(server);
	milliseconds(100);
}

/* Only the SYNs keep their MPTCP options. The server notices at the third segment, the client at the first answer. */
SCENARIO(mptcp_lost_on_the_way)
{
	lay_wire();
	board->wire = WIRE_WITHOUT_MPTCP;
	BETWEEN(wait_for_end);
	if (!fell_back(fd))
		fail("no fallback");
	tell_and_close("client", fd);
	end(server);
	milliseconds(100);
}

SCENARIO(mptcp_lost_on_the_way_then_reset)
{
	lay_wire();
	board->wire = WIRE_WITHOUT_MPTCP;
	BETWEEN(wait_for_error);
	linger_zero(fd);
	tell_and_close("client", fd);
	end(server);
	milliseconds(100);
}

SCENARIO(mptcp_lost_on_the_way_then_cut)
{
	lay_wire();
	board->wire = WIRE_WITHOUT_MPTCP;
	BETWEEN(wait_then_reset);
	write_file("/proc/sys/net/ipv4/tcp_retries2", "2");
	board->wire = WIRE_CUT;
	give(fd, 100);
	hang_up(fd);
	write_file("/proc/sys/net/ipv4/tcp_retries2", "15");
	reach(4);
	end(server);
}

/* MPTCP's own reset, MP_FASTCLOSE, before accept() */
static void accept_reset(void)
{
	int fd, l = listener(8);

	reach(1);
	await(10);
	fd = accepted(l);
	say("server", fd, 0);
	close(fd);
}

SCENARIO(mptcp_disconnected_before_accept)
{
	pid_t server = start_server(accept_reset);
	struct sockaddr nowhere = { AF_UNSPEC };
	int fd = connected();

	say("client", fd, 0);
	MUST(connect(fd, &nowhere, sizeof(nowhere)));
	milliseconds(50);
	reach(10);
	end(server);
	close(fd);
}

/* Several processes have the socket, and close it at the same time */
enum { HOLDERS = 8 };

static int held;

static void let_go(void)
{
	say("holder", held, 0);
	board->count++;
	await(20);
	close(held);
}

SCENARIO(mptcp_closed_by_many)
{
	BETWEEN(wait_for_end);
	pid_t holders[HOLDERS];

	held = fd;
	for (int i = 0; i < HOLDERS; i++)
		holders[i] = start("holder", let_go);
	while (board->count < HOLDERS)
		milliseconds(1);
	say("client", fd, 0);
	close(fd);
	reach(20);
	for (int i = 0; i < HOLDERS; i++)
		end(holders[i]);
	end(server);
}

static void serve_held(void)
{
	await(30); /* by then no other process has the socket */
	take(held, 3);
	give(held, 5);
	take_end(held);
	tell_and_close("child", held);
}

/* Many clients connect at the same time; the server forks a process for each */
static void serve_forked(void)
{
	pid_t children[HOLDERS];
	int l = listener(HOLDERS);

	reach(1);
	for (int i = 0; i < HOLDERS; i++) {
		held = accepted(l);
		say("server", held, 0);
		children[i] = start("child", serve_held);
		close(held);
	}
	reach(30);
	for (int i = 0; i < HOLDERS; i++)
		end(children[i]);
}

static void ask_with_all(void)
{
	board->count++;
	await(20);
	tell_and_close("client", ask());
}

SCENARIO(mptcp_served_by_forks)
{
	pid_t server = start_server(serve_forked);
	pid_t clients[HOLDERS];

	for (int i = 0; i < HOLDERS; i++)
		clients[i] = start("client", ask_with_all);
	while (board->count < HOLDERS)
		milliseconds(1);
	reach(20);
	for (int i = 0; i < HOLDERS; i++)
		end(clients[i]);
	end(server);
}
