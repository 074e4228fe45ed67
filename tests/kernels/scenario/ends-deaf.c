/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Ends that no longer hear the peer, and peers that give up */
#include "process.h"
#include "socket.h"
#include "ends.h"
#include <linux/filter.h>

/* From now on the kernel drops the peer's segments */
static void grow_deaf(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &nothing };

	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0, "SO_ATTACH_FILTER");
}

/* By now the peer has given up */
static void hear_again(int fd)
{
	usleep(3500 * 1000);
	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){ 0 }, sizeof(int));
	reset_now(fd);
}

void grow_deaf_and_answer(int fd)
{
	receive_bytes(fd, SENT);
	grow_deaf(fd);
	send_bytes(fd, ANSWERED);
	hear_again(fd);
}

/* The peer's retransmissions would keep the connection alive */
void answer_and_grow_deaf(int fd)
{
	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	do
		usleep(1000);
	while (info_of(fd).tcpi_unacked);
	grow_deaf(fd);
	hear_again(fd);
}

void speak_to_the_deaf(int fd)
{
	int milliseconds = 500;

	send_bytes(fd, SENT);
	receive_bytes(fd, ANSWERED);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof(milliseconds));
	send_bytes(fd, SENT);
	await_end(fd);
	close(fd);
}

void keep_alive(int fd)
{
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &one, sizeof(one));
	send_bytes(fd, SENT);
	receive_bytes(fd, ANSWERED);
	await_end(fd);
	close(fd);
}
