/* SPDX-License-Identifier: MIT */
/* TCP Fast Open: the SYN has data. The program never calls connect(), or connect() returns before the kernel sends anything. */
#include "scene.h"

/* For clients and servers (0x1, 0x2), without cookies (0x4, 0x200), for every listener (0x400) */
static void allow(void)
{
	write_file("/proc/sys/net/ipv4/tcp_fastopen", "1543");
}

static void serve(void)
{
	int fd, l;

	allow();
	l = listener(8);
	reach(1);
	fd = accepted(l);
	take(fd, 3);
	give(fd, 5);
	take_end(fd);
	say("server", fd, 0);
	close(fd);
}

static void finish(int fd)
{
	take(fd, 5);
	say("client", fd, 0);
	close(fd);
}

/* ARGUMENT: sendmsg, sendmmsg, or nothing: sendto */
static int sent_by_hand(int fd)
{
	struct address a = address_of(scene.server_ip, board->port);
	struct iovec data = { "abc", 3 };
	struct mmsghdr m = { .msg_hdr = { .msg_name = &a.storage, .msg_namelen = a.length, .msg_iov = &data, .msg_iovlen = 1 } };
	const int flags = MSG_FASTOPEN | MSG_NOSIGNAL;
	int sent;

	if (!strcmp(scene.argument, "sendmsg"))
		sent = sendmsg(fd, &m.msg_hdr, flags);
	else if (!strcmp(scene.argument, "sendmmsg"))
		sent = sendmmsg(fd, &m, 1, flags);
	else
		sent = sendto(fd, "abc", 3, flags, (void *)&a.storage, a.length);
	if (sent < 0)
		return errno;
	counts(fd, 3);
	return 0;
}

SCENARIO(fastopen_sendto)
{
	pid_t server = start_server(serve);
	int fd = client_socket();

	allow();
	if (sent_by_hand(fd))
		fail("sendto");
	finish(fd);
	end(server);
}

SCENARIO(fastopen_connect)
{
	pid_t server = start_server(serve);
	int fd = client_socket();
	int on = 1;

	allow();
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)));
	errno = try_connect(fd, scene.server_ip, board->port);
	if (errno)
		fail("connect");
	MUST(write(fd, "abc", 3));
	counts(fd, 3);
	finish(fd);
	end(server);
}

/* connect() returned 0, but nothing was ever sent */
SCENARIO(fastopen_connect_unused)
{
	pid_t server = start_server(serve);
	int fd = client_socket();
	int on = 1;

	allow();
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)));
	errno = try_connect(fd, scene.server_ip, board->port);
	say_asked("client", fd, errno, scene.server_ip, board->port);
	close(fd);
	kill(server, SIGKILL);
	waitpid(server, 0, 0);
}

static void serve_nobody(void)
{
	allow();
	close(listener(1));
	reach(1);
}

SCENARIO(fastopen_refused)
{
	pid_t server = start_server(serve_nobody);
	int fd = client_socket();

	allow();
	say_asked("client", fd, sent_by_hand(fd), scene.server_ip, board->port);
	end(server);
}

/* No local port is left: sendto() fails after SYN_SENT, before anything is sent */
static void serve_two(void)
{
	int l = listener(8);

	reach(1);
	accepted(l);
	await(2);
}

SCENARIO(fastopen_no_port)
{
	pid_t server = start_server(serve_two);
	int first, fd;

	allow();
	write_file("/proc/sys/net/ipv4/ip_local_port_range", "31002 31002");
	first = connected();
	fd = client_socket();
	say_asked("client", fd, sent_by_hand(fd), scene.server_ip, board->port);
	write_file("/proc/sys/net/ipv4/ip_local_port_range", "32768 60999");
	close(fd);
	close(first);
	reach(2);
	end(server);
}
