/* SPDX-License-Identifier: MIT */
/* Connects by a ring: the process makes no connect() system call */
#include "obstacles.h"
#include "ring.h"

static void connect_with(unsigned ring_flags, int flags)
{
	pid_t server = start_server(serve_one);
	int fd = client_socket();

	errno = ring_connect(fd, scene.server_ip, board->port, ring_flags, flags);
	if (errno)
		fail("connect");
	ask_and_close(fd);
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

static int try(int fd)
{
	return ring_connect(fd, scene.server_ip, board->port, 0, 0);
}

SCENARIO(uring_connect_no_port)
{
	connect_without_port(try);
}

static int try_async(int fd)
{
	return ring_connect(fd, scene.server_ip, board->port, 0, IOSQE_ASYNC);
}

SCENARIO(uring_connect_no_port_async)
{
	connect_without_port(try_async);
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
