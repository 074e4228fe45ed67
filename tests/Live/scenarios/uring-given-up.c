/* SPDX-License-Identifier: MIT */
/* A connect in SYN_SENT, and what ends it: another request of the ring, or the end of the ring or of its process */
#include "obstacles.h"
#include "ring.h"

/* Cancelled by the end of the ring */
SCENARIO(uring_connect_given_up)
{
	pid_t server = start_server(serve_full);
	struct address a = address_of(scene.server_ip, board->port);
	struct ring r = open_ring(0);
	int fd = client_socket();

	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (unsigned long)&a.storage, .off = a.length });
	milliseconds(50);
	say_asked("client", fd, 0, scene.server_ip, board->port);
	close(r.fd);
	milliseconds(50);
	close(fd);
	reach(2);
	end(server);
}

static void expect(struct ring *r, int one, int other)
{
	int first = result(r), second = result(r);

	if ((first != one || second != other) && (first != other || second != one)) {
		errno = first < 0 ? -first : -second;
		fprintf(stderr, "%d %d\n", first, second);
		fail("results");
	}
}

static void cancel_by_timeout(struct ring *r, int fd)
{
	static struct __kernel_timespec patience = { .tv_nsec = 100000000 };
	struct io_uring_sqe request = connect_request(fd, scene.server_ip, board->port);
	unsigned tail = *r->sq_tail;

	request.flags = IOSQE_IO_LINK;
	r->sqes[tail & *r->sq_mask] = request;
	r->sqes[(tail + 1) & *r->sq_mask] = (struct io_uring_sqe){
		.opcode = IORING_OP_LINK_TIMEOUT,
		.fd = -1,
		.addr = (unsigned long)&patience,
		.len = 1,
	};
	for (unsigned i = tail; i < tail + 2; i++)
		r->sq_array[i & *r->sq_mask] = i & *r->sq_mask;
	__atomic_store_n(r->sq_tail, tail + 2, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 2, 0, r->submit, 0, 0) < 0)
		fail("io_uring_enter");
	expect(r, -ECANCELED, -ETIME);
}

static void cancel_by_request(struct ring *r, int fd)
{
	struct io_uring_sqe request = connect_request(fd, scene.server_ip, board->port);

	request.user_data = 42;
	submit(r, request);
	milliseconds(50);
	submit(r, (struct io_uring_sqe){ .opcode = IORING_OP_ASYNC_CANCEL, .fd = -1, .addr = 42 });
	expect(r, -ECANCELED, 0);
}

static void give_up(void (*cancel)(struct ring *r, int fd), unsigned ring_flags)
{
	pid_t server = start_server(serve_full);
	struct ring r = open_ring(ring_flags);
	int fd = bound_client();

	cancel(&r, fd);
	say_asked("client", fd, 0, scene.server_ip, board->port);
	close(fd);
	reach(2);
	end(server);
}

SCENARIO(uring_connect_timed_out)
{
	give_up(cancel_by_timeout, 0);
}

SCENARIO(uring_connect_cancelled)
{
	give_up(cancel_by_request, 0);
}

SCENARIO(uring_sqpoll_connect_cancelled)
{
	give_up(cancel_by_request, IORING_SETUP_SQPOLL);
}

/* Only the waiting was cancelled: the kernel goes on with the SYNs, and in the end there is a connection */
static void accept_after_a_while(void)
{
	int filler, l = full_listener(&filler);

	reach(1);
	await(2);
	answer_after_filler(l, filler);
}

SCENARIO(uring_connect_cancelled_then_ok)
{
	pid_t server = start_server(accept_after_a_while);
	struct ring r = open_ring(0);
	int fd = bound_client();

	cancel_by_request(&r, fd);
	reach(2);
	if (wait_connected(fd))
		fail("connect");
	errno = try_connect(fd, scene.server_ip, board->port); /* EISCONN: it is the same connection */
	if (errno && errno != EISCONN)
		fail("connect");
	ask_and_close(fd);
	end(server);
}

/* Shut down by the ring in SYN_SENT; the socket stays open */
static void shut_down(unsigned ring_flags)
{
	pid_t server = start_server(serve_full);
	struct ring r = open_ring(ring_flags);
	int fd = nonblocking_client();

	if (try_connect(fd, scene.server_ip, board->port) != EINPROGRESS)
		fail("connect");
	say_asked("client", fd, 0, scene.server_ip, board->port);
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_SHUTDOWN, .fd = fd, .len = SHUT_RDWR });
	result(&r);
	reach(2);
	end(server);
	pause_for_recorder();
}

SCENARIO(uring_connect_shut_down)
{
	shut_down(0);
}

/* ... and the connect is a request of the ring, too, whose result tells its end */
SCENARIO(uring_connect_shut_down_in_flight)
{
	pid_t server = start_server(serve_full);
	struct ring r = open_ring(0);
	int fd = bound_client();

	submit(&r, connect_request(fd, scene.server_ip, board->port));
	milliseconds(50);
	say_asked("client", fd, 0, scene.server_ip, board->port);
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_SHUTDOWN, .fd = fd, .len = SHUT_RDWR });
	printf("results %d", result(&r));
	printf(" %d\n", result(&r));
	reach(2);
	end(server);
	close(fd);
}

/* Killed while the ring connects */
static void connect_and_wait(void)
{
	struct ring r = open_ring(0);
	int fd = bound_client();

	submit(&r, connect_request(fd, scene.server_ip, board->port));
	milliseconds(50);
	say_asked("doomed", fd, 0, scene.server_ip, board->port);
	reach(10);
	result(&r);
	fail("result");
}

SCENARIO(uring_connect_killed)
{
	pid_t server = start_server(serve_full);
	pid_t child = start("doomed", connect_and_wait);

	await(10);
	kill(child, SIGKILL);
	waitpid(child, 0, 0);
	milliseconds(100);
	reach(11);
	end(server);
}
