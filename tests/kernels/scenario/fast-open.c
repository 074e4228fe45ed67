/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* TCP Fast Open: the SYN has data */
#include "process.h"
#include "socket.h"
#include "ends.h"
#include "cases.h"

/* Connected by sendto() */
void fast_open(void)
{
	int listener = listening("127.0.0.1", 7142, 0, 8);
	pid_t accepting = CHILD("fastopen-server", answer(accept(listener, 0, 0)));

	await(CHILD("fastopen-client", {
		struct sockaddr_storage to = address("127.0.0.1", 7142);
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		char bytes[SENT] = {};

		(void)!sendto(fd, bytes, sizeof(bytes), MSG_FASTOPEN, (void *)&to, sizeof(to));
		receive_bytes(fd, ANSWERED);
		close(fd);
	}));
	await(accepting);
	accepting = CHILD("fastopen2-srv", answer(accept(listener, 0, 0)));
	await(CHILD("fastopen2-cli", {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		int on = 1;

		setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
		connect_to(fd, 7142); /* waits for data */
		ask(fd);
	}));
	await(accepting);
	close(listener);
	await(CHILD("fastopen-unused", {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		int on = 1;

		setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
		connect_to(fd, 7142);
		close(fd);
	}));
	await(CHILD("fastopen-refuse", {
		struct sockaddr_storage to = address("127.0.0.1", 7142);
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		(void)!sendto(fd, "", 1, MSG_FASTOPEN, (void *)&to, sizeof(to));
		close(fd);
	}));
}
