/* SPDX-License-Identifier: MIT */
/* The same over io_uring: no connect() and no accept() among the system calls */
#include "scene.h"
#include <linux/io_uring.h>

struct ring {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static struct ring open_ring(unsigned flags)
{
	struct io_uring_params p = { .flags = flags };
	struct ring r;
	char *sq, *cq;

	r.fd = syscall(SYS_io_uring_setup, 8, &p);
	if (r.fd < 0)
		fail("io_uring_setup");
	sq = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r.fd, IORING_OFF_SQ_RING);
	cq = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r.fd, IORING_OFF_CQ_RING);
	r.sqes = mmap(0, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r.fd, IORING_OFF_SQES);
	r.sq_tail = (void *)(sq + p.sq_off.tail);
	r.sq_mask = (void *)(sq + p.sq_off.ring_mask);
	r.sq_array = (void *)(sq + p.sq_off.array);
	r.cq_head = (void *)(cq + p.cq_off.head);
	r.cq_tail = (void *)(cq + p.cq_off.tail);
	r.cq_mask = (void *)(cq + p.cq_off.ring_mask);
	r.cqes = (void *)(cq + p.cq_off.cqes);
	return r;
}

static void submit(struct ring *r, struct io_uring_sqe sqe)
{
	unsigned tail = *r->sq_tail, index = tail & *r->sq_mask;

	r->sqes[index] = sqe;
	r->sq_array[index] = index;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, 0, 0) < 0)
		fail("io_uring_enter");
}

static int result(struct ring *r)
{
	unsigned head = *r->cq_head;

	while (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		if (syscall(SYS_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS, 0, 0) < 0 && errno != EINTR)
			fail("io_uring_enter");
	int res = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return res;
}

static int ring_connect(int fd, const char *ip, int port, int flags)
{
	static struct address a;
	struct ring r = open_ring(0);
	int res;

	a = address_of(ip, port);
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .flags = flags, .fd = fd, .addr = (unsigned long)&a.storage, .off = a.length });
	res = result(&r);
	close(r.fd);
	return -res;
}

static void serve_with(int fd)
{
	take(fd, 3);
	give(fd, 5);
	take_end(fd);
	say("server", fd, 0);
	close(fd);
}

static void serve(void)
{
	int l = listener(8);

	reach(1);
	serve_with(accepted(l));
}

static void ask(int fd)
{
	give(fd, 3);
	take(fd, 5);
	say("client", fd, 0);
	close(fd);
}

static void connect_with(int flags)
{
	pid_t server = start_server(serve);
	int fd = client_socket();

	errno = ring_connect(fd, scene.server_ip, board->port, flags);
	if (errno)
		fail("connect");
	ask(fd);
	end(server);
}

SCENARIO(uring_connect)
{
	connect_with(0);
}

/* By a worker thread of the kernel's, iou-wrk-PID */
SCENARIO(uring_connect_async)
{
	connect_with(IOSQE_ASYNC);
}

static void serve_nobody(void)
{
	close(listener(1));
	reach(1);
}

SCENARIO(uring_connect_refused)
{
	pid_t server = start_server(serve_nobody);
	int fd = client_socket();
	int error = ring_connect(fd, scene.server_ip, board->port, 0);

	say_asked("client", fd, error, scene.server_ip, board->port);
	end(server);
}

SCENARIO(uring_connect_unreachable)
{
	int fd = client_socket();
	int error = ring_connect(fd, scene.nobody_ip, 7, 0);

	say_asked("client", fd, error, scene.nobody_ip, 7);
}

SCENARIO(uring_connect_unreachable_async)
{
	int fd = client_socket();
	int error = ring_connect(fd, scene.nobody_ip, 7, IOSQE_ASYNC);

	say_asked("client", fd, error, scene.nobody_ip, 7);
}

static int filler;

static void serve_full(void)
{
	full_listener(&filler);
	reach(1);
	await(2);
}

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
	serve_with(fd);
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
	ask(connected());
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
		take(fd, 3);
		give(fd, 5);
		say("server", fd, 0);
		take_end(fd);
		close(fd);
	}
}

SCENARIO(uring_accept_multishot)
{
	pid_t server = start_server(accept_multishot);

	for (int i = 0; i < SHOTS; i++) {
		int fd = connected();

		give(fd, 3);
		take(fd, 5);
		say("client", fd, 0);
		close(fd);
	}
	end(server);
}

/* Into the ring's own table: the connection never has a file descriptor */
static void accept_direct(void)
{
	int none[4] = { -1, -1, -1, -1 };
	int l = listener(8);
	struct ring r = open_ring(0);
	static char buffer[16];

	if (syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, none, 4) < 0)
		fail("io_uring_register");
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .fd = l, .file_index = 2 });
	reach(1);
	if (result(&r) != 0)
		fail("accept");
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_RECV, .flags = IOSQE_FIXED_FILE, .fd = 1, .addr = (unsigned long)buffer, .len = 3 });
	if (result(&r) != 3)
		fail("recv");
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_SEND, .flags = IOSQE_FIXED_FILE, .fd = 1, .addr = (unsigned long)buffer, .len = 5 });
	if (result(&r) != 5)
		fail("send");
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_RECV, .flags = IOSQE_FIXED_FILE, .fd = 1, .addr = (unsigned long)buffer, .len = 3 });
	if (result(&r) != 0)
		fail("recv of the end");
	say("server", l, 0);
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .file_index = 2 });
	if (result(&r) != 0)
		fail("close");
}

SCENARIO(uring_accept_direct)
{
	play(accept_direct);
}

/* Closed by the ring, with close(2) nowhere */
SCENARIO(uring_close)
{
	pid_t server = start_server(serve);
	struct ring r = open_ring(0);
	int fd = connected();

	give(fd, 3);
	take(fd, 5);
	say("client", fd, 0);
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .fd = fd });
	if (result(&r))
		fail("close");
	milliseconds(20);
	reach(2);
	end(server);
}
