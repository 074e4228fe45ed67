/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Bytes that an end sends and receives, and what it waits for */
#include "process.h"
#include "socket.h"

void send_bytes(int fd, int count)
{
	char bytes[1024] = {};

	must(send(fd, bytes, count, MSG_NOSIGNAL) == count, "send");
}

void receive_bytes(int fd, int count)
{
	char bytes[1024];

	must(recv(fd, bytes, count, MSG_WAITALL) == count, "recv");
}

void await_input(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	poll(&p, 1, -1);
}

void await_end(int fd)
{
	char byte;

	(void)!recv(fd, &byte, 1, 0);
}

void await_finish(int fd)
{
	char bytes[1024];

	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
}

struct tcp_info info_of(int fd)
{
	struct tcp_info info;

	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){ sizeof(info) }) == 0, "TCP_INFO");
	return info;
}

void await_state(int fd, int state)
{
	do
		usleep(1000);
	while (info_of(fd).tcpi_state != state);
}
