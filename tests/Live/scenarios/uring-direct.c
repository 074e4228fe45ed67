/* SPDX-License-Identifier: MIT */
/* Sockets in the ring's own table of files: they never have a descriptor */
#include "obstacles.h"
#include "ring.h"

static void make_table(struct ring *r)
{
	int none[4] = { -1, -1, -1, -1 };

	if (syscall(SYS_io_uring_register, r->fd, IORING_REGISTER_FILES, none, 4) < 0)
		fail("io_uring_register");
}

static void move_direct(struct ring *r, int opcode, int file, int bytes, int moved)
{
	static char buffer[16];

	submit(r, (struct io_uring_sqe){ .opcode = opcode, .flags = IOSQE_FIXED_FILE, .fd = file, .addr = (unsigned long)buffer, .len = bytes });
	if (result(r) != moved)
		fail("send or recv");
}

static void close_direct(struct ring *r, int file)
{
	submit(r, (struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .file_index = file + 1 });
	if (result(r))
		fail("close");
}

static int listening;

/* Accepts into the table */
static struct ring accepted_direct(int file)
{
	struct ring r;

	listening = listener(8);
	r = open_ring(0);
	make_table(&r);
	submit(&r, (struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .fd = listening, .file_index = file + 1 });
	reach(1);
	if (result(&r) != 0)
		fail("accept");
	return r;
}

static void accept_direct(void)
{
	struct ring r = accepted_direct(1);

	move_direct(&r, IORING_OP_RECV, 1, 3, 3);
	move_direct(&r, IORING_OP_SEND, 1, 5, 5);
	move_direct(&r, IORING_OP_RECV, 1, 3, 0);
	say("server", listening, 0);
	close_direct(&r, 1);
}

SCENARIO(uring_accept_direct)
{
	pid_t server = start_server(accept_direct);

	milliseconds(20);
	ask_and_close(connected());
	end(server);
}

/* Makes a socket in the table */
static int made_direct(struct ring *r)
{
	make_table(r);
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

static void ask_direct(struct ring *r, int file)
{
	errno = -connect_direct(r, file);
	if (errno)
		fail("connect");
	move_direct(r, IORING_OP_SEND, file, 3, 3);
	move_direct(r, IORING_OP_RECV, file, 5, 5);
}

SCENARIO(uring_socket_direct)
{
	pid_t server = start_server(serve_one);
	struct ring r = open_ring(0);
	int file = made_direct(&r);

	if (file < 0) {
		errno = -file;
		fail("socket");
	}
	ask_direct(&r, file);
	say("client", r.fd, 0); /* the line tells of the task only: this socket has no descriptor */
	close_direct(&r, file);
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
	pid_t server = start_server(serve_one);

	end(start("client", leave_direct));
	end(server);
}

/* The process ends while the ring's table has an accepted connection open */
static void accept_direct_and_leave(void)
{
	accepted_direct(1);
	say("server", listening, 0);
}

SCENARIO(uring_accept_direct_left_open)
{
	pid_t server = start_server(accept_direct_and_leave);
	int fd;

	milliseconds(20);
	fd = connected();
	end(server);
	take_end(fd);
	tell_and_close("client", fd);
	milliseconds(1200); /* by now the recorder has found out what it finds out later */
}
