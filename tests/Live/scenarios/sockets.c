/* SPDX-License-Identifier: MIT */
/* Sockets: made, bound, connected, accepted, disconnected, reset, killed */
#include "notes.h"
#include <linux/filter.h>

struct address address_of(const char *ip, int port)
{
	struct address a = {};
	struct sockaddr_in *v4 = (void *)&a.storage;
	struct sockaddr_in6 *v6 = (void *)&a.storage;
	char text[64];

	if (scene.v6) {
		snprintf(text, sizeof(text), "%s%s", scene.mapped ? "::ffff:" : "", ip);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		a.length = sizeof(*v6);
		if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
			fail(text);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		a.length = sizeof(*v4);
		if (inet_pton(AF_INET, ip, &v4->sin_addr) != 1)
			fail(ip);
	}
	return a;
}

static int new_socket(bool mptcp)
{
	return MUST(socket(scene.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, mptcp ? IPPROTO_MPTCP : 0));
}

int client_socket(void)
{
	return new_socket(scene.client_mptcp);
}

int bound_client(void)
{
	int fd = client_socket();
	struct address a = address_of(scene.client_ip, 0);

	MUST(bind(fd, (void *)&a.storage, a.length));
	return fd;
}

int nonblocking_client(void)
{
	int fd = bound_client();

	make_nonblocking(fd);
	return fd;
}

int local_port(int fd)
{
	struct address a = { .length = sizeof(a.storage) };

	MUST(getsockname(fd, (void *)&a.storage, &a.length));
	return ntohs(((struct sockaddr_in *)&a.storage)->sin_port); /* at the same place in sockaddr_in6 */
}

int listener(int backlog)
{
	int fd = new_socket(scene.server_mptcp);
	int on = 1;
	struct address a = address_of(scene.server_ip, board->port);

	MUST(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
	MUST(bind(fd, (void *)&a.storage, a.length));
	MUST(listen(fd, backlog));
	board->port = local_port(fd);
	return fd;
}

/* A queue of length 0 holds one connection. The kernel drops a SYN if the queue is full. */
int full_listener(int *filler)
{
	int fd = listener(0);

	*filler = client_socket();
	if (try_connect(*filler, scene.server_ip, board->port))
		fail("filler");
	say("filler", *filler, 0);
	return fd;
}

/* Notes the addresses of both ends: a socket forgets its peer when the connection is over */
static void remember(int fd)
{
	int dport = end_of(getpeername, fd, notes[fd].remote, sizeof(notes[fd].remote));

	if (dport)
		notes[fd].dport = dport;
	notes[fd].sport = end_of(getsockname, fd, notes[fd].local, sizeof(notes[fd].local));
}

int try_connect(int fd, const char *ip, int port)
{
	struct address a = address_of(ip, port);

	int error = connect(fd, (void *)&a.storage, a.length) ? errno : 0;

	if (!error)
		remember(fd);
	return error;
}

int connected(void)
{
	int fd = client_socket();

	errno = try_connect(fd, scene.server_ip, board->port);
	if (errno)
		fail("connect");
	return fd;
}

int connecting(void)
{
	int fd = client_socket();

	make_nonblocking(fd);
	if (try_connect(fd, scene.server_ip, board->port) != EINPROGRESS)
		fail("not in progress");
	return fd;
}

int accepted(int listening)
{
	int fd = MUST(accept(listening, 0, 0));

	remember(fd);
	return fd;
}

void make_nonblocking(int fd)
{
	MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
}

int wait_connected(int fd)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	int error = 0;
	socklen_t length = sizeof(error);

	if (poll(&p, 1, 10000) != 1)
		fail("poll");
	MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
	return error;
}

void disconnect(int fd)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	MUST(connect(fd, &nowhere, sizeof(nowhere)));
}

void linger_zero(int fd)
{
	struct linger l = { 1, 0 };

	MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

void keep_alive(int fd)
{
	int on = 1, second = 1;

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &second, sizeof(second)));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &second, sizeof(second)));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &second, sizeof(second)));
	MUST(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
}

void drop_segments(int fd)
{
	struct sock_filter nothing[] = { { BPF_RET | BPF_K, 0, 0, 0 } };
	struct sock_fprog program = { 1, nothing };

	MUST(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
}

void accept_segments(int fd)
{
	int unused = 0;

	MUST(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)));
}

void kill_sockets(char table, const char *comparison, int port)
{
	char command[200];

	snprintf(command, sizeof(command), "ss -K -%c sport %s :%d dport = :%d >/dev/null", table, comparison, port, board->port);
	run(command);
}
