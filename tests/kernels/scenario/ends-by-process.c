/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Ends that go with their process, or that another process has */
#include "process.h"
#include "socket.h"
#include "ends.h"

void answer_and_exit(int fd)
{
	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	exit(0);
}

/* The connection outlives the process that made it */
void leave_to_heir(int fd)
{
	int alone[2];

	must(pipe(alone) == 0, "pipe");
	CHILD("heir", {
		close(alone[1]);
		(void)!read(alone[0], &(char){ 0 }, 1); /* until the parent is gone */
		ask(fd);
	});
}

void killed(int fd)
{
	send_bytes(fd, SENT);
	kill(getpid(), SIGKILL);
}

/* The server sends the descriptor to another process, which closes it after the server has closed its own */
void pass_on(int fd)
{
	int ends[2];
	pid_t receiver;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec byte = { .iov_base = &(char){ 0 }, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	int copy = fd;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	receiver = CHILD("receiver", {
		close(fd);
		must(recvmsg(ends[1], &message, 0) == 1, "recvmsg");
		must(recv(ends[1], byte.iov_base, 1, 0) == 1, "recv");
		memcpy(&copy, CMSG_DATA(&control.header), sizeof(copy));
		ask(copy);
	});
	memcpy(CMSG_DATA(&control.header), &copy, sizeof(copy));
	must(sendmsg(ends[0], &message, 0) == 1, "sendmsg");
	close(fd);
	must(send(ends[0], byte.iov_base, 1, 0) == 1, "send");
	close(ends[0]);
	close(ends[1]);
	await(receiver);
}
