/* SPDX-License-Identifier: MIT */
/* TCP Fast Open: the SYN has data. The program never calls connect(), or connect() returns before the kernel sends anything. */
#include "obstacles.h"

/* For clients and servers (0x1, 0x2), without cookies (0x4, 0x200), for every listener (0x400) */
static void allow(void)
{
	write_file("/proc/sys/net/ipv4/tcp_fastopen", "1543");
}

static void serve(void)
{
	allow();
	serve_one();
}

static void take_and_finish(int fd, pid_t server)
{
	take(fd, 5);
	finish(fd, server);
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
	take_and_finish(fd, server);
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
	take_and_finish(fd, server);
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

SCENARIO(fastopen_refused)
{
	pid_t server = start_server(serve_nobody);
	int fd = client_socket();

	allow();
	say_asked("client", fd, sent_by_hand(fd), scene.server_ip, board->port);
	end(server);
}

/* sendto() fails after SYN_SENT, before anything is sent */
SCENARIO(fastopen_no_port)
{
	allow();
	connect_without_port(sent_by_hand);
}
