/* SPDX-License-Identifier: MIT */
/* Accepts by a ring: the process makes no accept() system call */
#include "exchange.h"
#include "ring.h"

static void accept_with(unsigned ring_flags, unsigned flags, unsigned ioprio)
{
	int l = listener(8);
	struct ring r = open_ring(ring_flags);
	int fd;

	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .fd = l, .flags = flags, .ioprio = ioprio });
	reach(1);
	fd = result(&r);
	if (fd < 0) {
		errno = -fd;
		fail("accept");
	}
	answer_and_close(fd);
}

static void accept_single(void)
{
	accept_with(0, 0, 0);
}

static void accept_async(void)
{
	accept_with(0, IOSQE_ASYNC, 0);
}

static void accept_deferred(void)
{
	accept_with(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, 0, 0);
}

static void play(void (*server_part)(void))
{
	pid_t server = start_server(server_part);

	milliseconds(20);
	ask_and_close(connected());
	end(server);
}

SCENARIO(uring_accept)
{
	play(accept_single);
}

SCENARIO(uring_accept_async)
{
	play(accept_async);
}

SCENARIO(uring_accept_deferred)
{
	play(accept_deferred);
}

/* Multishot: one request, a completion for each of several connections */
enum { SHOTS = 4 };

static void accept_multishot(void)
{
	int l = listener(8);
	struct ring r = open_ring(0);

	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .fd = l, .ioprio = IORING_ACCEPT_MULTISHOT });
	reach(1);
	for (int i = 0; i < SHOTS; i++) {
		int fd = result(&r);

		if (fd < 0)
			fail("multishot accept");
		answer(fd);
		say("server", fd, 0);
		take_end(fd);
		close(fd);
	}
}

SCENARIO(uring_accept_multishot)
{
	pid_t server = start_server(accept_multishot);

	for (int i = 0; i < SHOTS; i++)
		ask_and_close(connected());
	end(server);
}

static void accept_sqpoll(void)
{
	accept_with(IORING_SETUP_SQPOLL, 0, 0);
}

SCENARIO(uring_sqpoll_accept)
{
	play(accept_sqpoll);
}
