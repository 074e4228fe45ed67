/* SPDX-License-Identifier: MIT */
/* The server sends the descriptor to another process over a Unix socket, as inetd does. That process closes it. */
#include "exchange.h"

static int pair[2];

static void receive_and_close(void)
{
	char room[CMSG_SPACE(sizeof(int))], c;
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	int fd;

	MUST(recvmsg(pair[1], &m, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	answer(fd);
	take_end(fd);
	MUST(read(pair[1], &c, 1)); /* the server has closed its descriptor: this process has the last one */
	tell_and_close("receiver", fd);
}

static void pass_on(void)
{
	char room[CMSG_SPACE(sizeof(int))] = {}, c = 0;
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	pid_t child;
	int fd, l = listener(8);

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = start("receiver", receive_and_close);
	reach(1);
	fd = accepted(l);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	MUST(sendmsg(pair[0], &m, 0));
	tell_and_close("server", fd);
	MUST(write(pair[0], &c, 1));
	end(child);
}

SCENARIO(accept_and_pass_on)
{
	pid_t server = start_server(pass_on);

	ask_and_close(connected());
	end(server);
}
