/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Ends that close when all is said */
#include "process.h"
#include "socket.h"
#include "ends.h"

void ask(int fd)
{
	send_bytes(fd, SENT);
	receive_bytes(fd, ANSWERED);
	close(fd);
}

void answer(int fd)
{
	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	await_end(fd);
	close(fd);
}

void drain(int fd)
{
	receive_bytes(fd, SENT);
	await_end(fd);
	close(fd);
}

void send_and_await(int fd)
{
	send_bytes(fd, SENT);
	await_end(fd);
	close(fd);
}

void ask_and_await(int fd)
{
	send_bytes(fd, SENT);
	receive_bytes(fd, ANSWERED);
	await_end(fd);
	close(fd);
}

void shut_down(int fd)
{
	send_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	receive_bytes(fd, ANSWERED);
	await_end(fd);
	close(fd);
}

/* Sends more than fits into the buffers, after the client's FIN */
void answer_much(int fd)
{
	await_finish(fd);
	for (int i = 0; i < 1000; i++)
		send_bytes(fd, 1000);
	close(fd);
}

void ask_much(int fd)
{
	send_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	await_finish(fd);
	close(fd);
}
