/* SPDX-License-Identifier: MIT */
/* Connections over io_uring: the processes make no connect() and no accept() system call */
#include "scene.h"
#include <linux/io_uring.h>

struct ring {
	int fd;
	unsigned submit; /* the flags of io_uring_enter() for a new request */
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static struct ring open_ring(unsigned flags)
{
	struct io_uring_params p = { .flags = flags, .sq_thread_idle = 1000 };
	struct ring r;
	char *sq, *cq;

	r.fd = syscall(SYS_io_uring_setup, 8, &p);
	if (r.fd < 0)
		fail("io_uring_setup");
	r.submit = flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0;
	sq = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r.fd, IORING_OFF_SQ_RING);
	cq = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		  r.fd, IORING_OFF_CQ_RING);
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
	if (syscall(SYS_io_uring_enter, r->fd, 1, 0, r->submit, 0, 0) < 0)
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

static struct io_uring_sqe connect_request(int fd, const char *ip, int port)
{
	static struct address a;

	a = address_of(ip, port);
	return (struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (unsigned long)&a.storage, .off = a.length };
}

static int ring_connect(int fd, const char *ip, int port, unsigned ring_flags, int flags)
{
	struct ring r = open_ring(ring_flags);
	struct io_uring_sqe request = connect_request(fd, ip, port);
	int res;

	request.flags = flags;
	submit(&r, request);
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

static void connect_with(unsigned ring_flags, int flags)
{
	pid_t server = start_server(serve);
	int fd = client_socket();

	errno = ring_connect(fd, scene.server_ip, board->port, ring_flags, flags);
	if (errno)
		fail("connect");
	ask(fd);
	end(server);
}

SCENARIO(uring_connect)
{
	connect_with(0, 0);
}

/* In a worker thread of the kernel, iou-wrk-PID */
SCENARIO(uring_connect_async)
{
	connect_with(0, IOSQE_ASYNC);
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
	int error = ring_connect(fd, scene.server_ip, board->port, 0, 0);

	say_asked("client", fd, error, scene.server_ip, board->port);
	end(server);
}

SCENARIO(uring_connect_unreachable)
{
	int fd = client_socket();
	int error = ring_connect(fd, scene.nobody_ip, 7, 0, 0);

	say_asked("client", fd, error, scene.nobody_ip, 7);
}

SCENARIO(uring_connect_unreachable_async)
{
	int fd = client_socket();
	int error = ring_connect(fd, scene.nobody_ip, 7, 0, IOSQE_ASYNC);

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

/* Closed by the ring, without close(2) */
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

/* The kernel thread iou-sqp-PID takes the requests: the process itself calls neither connect(), accept(), close() nor shutdown() */
SCENARIO(uring_sqpoll_connect)
{
	connect_with(IORING_SETUP_SQPOLL, 0);
}

SCENARIO(uring_sqpoll_connect_refused)
{
	pid_t server = start_server(serve_nobody);
	int fd = client_socket();
	int error = ring_connect(fd, scene.server_ip, board->port, IORING_SETUP_SQPOLL, 0);

	say_asked("client", fd, error, scene.server_ip, board->port);
	end(server);
}

SCENARIO(uring_sqpoll_connect_unreachable)
{
	int fd = client_socket();
	int error = ring_connect(fd, scene.nobody_ip, 7, IORING_SETUP_SQPOLL, 0);

	say_asked("client", fd, error, scene.nobody_ip, 7);
}

static void accept_sqpoll(void)
{
	accept_with(IORING_SETUP_SQPOLL, 0, 0);
}

SCENARIO(uring_sqpoll_accept)
{
	play(accept_sqpoll);
}

static void finish_by_ring(struct io_uring_sqe request, unsigned ring_flags, bool closes)
{
	pid_t server = start_server(serve);
	struct ring r = open_ring(ring_flags);
	int fd = connected();

	give(fd, 3);
	take(fd, 5);
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

/* A connect in SYN_SENT, and a request that ends it. The results come in either order. */
static int bound_client(void)
{
	int fd = client_socket();
	struct address a = address_of(scene.client_ip, 0);

	MUST(bind(fd, (void *)&a.storage, a.length));
	return fd;
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
	int fd, other, l = full_listener(&filler);

	reach(1);
	await(2);
	other = accepted(l);
	fd = accepted(l);
	serve_with(fd);
	close(other);
	close(filler);
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
	ask(fd);
	end(server);
}

/* Shut down by the ring in SYN_SENT; the socket stays open */
static void shut_down(unsigned ring_flags)
{
	pid_t server = start_server(serve_full);
	struct ring r = open_ring(ring_flags);
	int fd = bound_client();

	make_nonblocking(fd);
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

/* All local ports are in use: fails between SYN_SENT and the SYN */
static void hold_one(void)
{
	int l = listener(8);

	reach(1);
	accepted(l);
	await(2);
}

static void connect_without_port(unsigned ring_flags, int flags)
{
	pid_t server = start_server(hold_one);
	int first, fd, error;

	write_file("/proc/sys/net/ipv4/ip_local_port_range", "31001 31001");
	first = connected();
	fd = client_socket();
	error = ring_connect(fd, scene.server_ip, board->port, ring_flags, flags);
	say_asked("client", fd, error, scene.server_ip, board->port);
	close(fd);
	close(first);
	write_file("/proc/sys/net/ipv4/ip_local_port_range", "32768 60999");
	reach(2);
	end(server);
}

SCENARIO(uring_connect_no_port)
{
	connect_without_port(0, 0);
}

SCENARIO(uring_connect_no_port_async)
{
	connect_without_port(0, IOSQE_ASYNC);
}

/* A socket made by the ring in its own table of files: it never has a descriptor */
static int made_direct(struct ring *r)
{
	int none[4] = { -1, -1, -1, -1 };

	if (syscall(SYS_io_uring_register, r->fd, IORING_REGISTER_FILES, none, 4) < 0)
		fail("io_uring_register");
	submit(r, (struct io_uring_sqe){
			  .opcode = IORING_OP_SOCKET,
			  .fd = scene.v6 ? AF_INET6 : AF_INET,
			  .off = SOCK_STREAM,
			  .file_index = IORING_FILE_INDEX_ALLOC,
			  .len = scene.client_mptcp ? IPPROTO_MPTCP : 0,
		  });
	return result(r);
}

static int connect_direct(struct ring *r, int file)
{
	struct io_uring_sqe request = connect_request(file, scene.server_ip, board->port);

	request.flags = IOSQE_FIXED_FILE;
	submit(r, request);
	return result(r);
}

static void move_direct(struct ring *r, int opcode, int file, int bytes)
{
	static char buffer[16];

	submit(r, (struct io_uring_sqe){ .opcode = opcode, .flags = IOSQE_FIXED_FILE, .fd = file, .addr = (unsigned long)buffer, .len = bytes });
	if (result(r) != bytes)
		fail("send or recv");
}

static void ask_direct(struct ring *r, int file)
{
	errno = -connect_direct(r, file);
	if (errno)
		fail("connect");
	move_direct(r, IORING_OP_SEND, file, 3);
	move_direct(r, IORING_OP_RECV, file, 5);
}

SCENARIO(uring_socket_direct)
{
	pid_t server = start_server(serve);
	struct ring r = open_ring(0);
	int file = made_direct(&r);

	if (file < 0) {
		errno = -file;
		fail("socket");
	}
	ask_direct(&r, file);
	say("client", r.fd, 0); /* the line tells of the task only: this socket has no descriptor */
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .file_index = file + 1 });
	if (result(&r))
		fail("close");
	end(server);
}

SCENARIO(uring_socket_direct_refused)
{
	pid_t server = start_server(serve_nobody);
	struct ring r = open_ring(0);
	int file = made_direct(&r);

	say_asked("client", r.fd, -connect_direct(&r, file), scene.server_ip, board->port);
	end(server);
}

/* The process ends with its socket open; the kernel closes it */
static void leave_direct(void)
{
	struct ring r = open_ring(0);

	ask_direct(&r, made_direct(&r));
	say("client", r.fd, 0);
}

SCENARIO(uring_socket_direct_left_open)
{
	pid_t server = start_server(serve);

	end(start("client", leave_direct));
	end(server);
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

/* The process ends while the ring's table has an accepted connection open */
static void accept_direct_and_leave(void)
{
	int none[4] = { -1, -1, -1, -1 };
	int l = listener(8);
	struct ring r = open_ring(0);

	if (syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, none, 4) < 0)
		fail("io_uring_register");
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .fd = l, .file_index = 2 });
	reach(1);
	if (result(&r) != 0)
		fail("accept");
	say("server", l, 0);
}

SCENARIO(uring_accept_direct_left_open)
{
	pid_t server = start_server(accept_direct_and_leave);
	int fd;

	milliseconds(20);
	fd = connected();
	end(server);
	take_end(fd);
	say("client", fd, 0);
	close(fd);
	milliseconds(1200); /* by now the recorder has found out what it finds out later */
}
