/* SPDX-License-Identifier: MIT */
/* A ring closes the connection, or shuts it down */
#include "exchange.h"
#include "ring.h"

/* Closed by the ring, without close(2) */
SCENARIO(uring_close)
{
	pid_t server = start_server(serve_one);
	struct ring r = open_ring(0);
	int fd = connected();

	ask(fd);
	say("client", fd, 0);
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .fd = fd });
	if (result(&r))
		fail("close");
	milliseconds(20);
	reach(2);
	end(server);
}

static void finish_by_ring(struct io_uring_sqe request, unsigned ring_flags, bool closes)
{
	pid_t server = start_server(serve_one);
	struct ring r = open_ring(ring_flags);
	int fd = connected();

	ask(fd);
	say("client", fd, 0);
	request.fd = fd;
	submit(&r, request);
	if (result(&r))
		fail("request");
	end(server);
	if (!closes)
		close(fd);
}

SCENARIO(uring_sqpoll_close)
{
	finish_by_ring((struct io_uring_sqe){ .opcode = IORING_OP_CLOSE }, IORING_SETUP_SQPOLL, true);
}

SCENARIO(uring_shutdown)
{
	finish_by_ring((struct io_uring_sqe){ .opcode = IORING_OP_SHUTDOWN, .len = SHUT_RDWR }, 0, false);
}

SCENARIO(uring_sqpoll_shutdown)
{
	finish_by_ring((struct io_uring_sqe){ .opcode = IORING_OP_SHUTDOWN, .len = SHUT_RDWR }, IORING_SETUP_SQPOLL, false);
}
