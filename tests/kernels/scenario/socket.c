/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Sockets: made, bound, connected, disconnected, reset */
#include "process.h"
#include "socket.h"

struct sockaddr_storage address(const char *host, int port)
{
	struct sockaddr_storage storage = {};
	struct sockaddr_in *v4 = (void *)&storage;
	struct sockaddr_in6 *v6 = (void *)&storage;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else {
		must(inet_pton(AF_INET6, host, &v6->sin6_addr) == 1, host);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
	}
	return storage;
}

int listening(const char *host, int port, int protocol, int backlog)
{
	struct sockaddr_storage at = address(host, port);
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, protocol), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(fd, (void *)&at, sizeof(at)) == 0, "bind");
	must(listen(fd, backlog) == 0, "listen");
	return fd;
}

int connecting(const char *host, int port, int protocol, int flags)
{
	struct sockaddr_storage to = address(host, port);
	int fd = socket(to.ss_family, SOCK_STREAM | flags, protocol);

	must(fd >= 0, "socket");
	(void)!connect(fd, (void *)&to, sizeof(to));
	return fd;
}

int bound(int port)
{
	struct sockaddr_storage at = address("127.0.0.1", port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(fd, (void *)&at, sizeof(at)) == 0, "bind");
	return fd;
}

void connect_to(int fd, int port)
{
	struct sockaddr_storage to = address("127.0.0.1", port);

	(void)!connect(fd, (void *)&to, sizeof(to));
}

void disconnect(int fd)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	(void)!connect(fd, &nowhere, sizeof(nowhere));
}

void reset_now(int fd)
{
	struct linger none = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}
