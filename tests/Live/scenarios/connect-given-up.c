/* SPDX-License-Identifier: MIT */
/* connect() gets no answer, and is given up */
#include "obstacles.h"

SCENARIO(connect_given_up_by_close)
{
	pid_t server = start_server(serve_full);
	int fd = nonblocking_client();
	int error = try_connect(fd, scene.server_ip, board->port);

	say_asked("client", fd, error, scene.server_ip, board->port);
	close(fd);
	reach(2);
	end(server);
}

/* As Go and Java do at a deadline: SO_SNDTIMEO, then close */
SCENARIO(connect_given_up_after_sndtimeo)
{
	pid_t server = start_server(serve_full);
	int fd = bound_client();
	struct timeval patience = { 0, 100000 };
	int error;

	MUST(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)));
	error = try_connect(fd, scene.server_ip, board->port);
	say_asked("client", fd, error, scene.server_ip, board->port);
	close(fd);
	reach(2);
	end(server);
}

SCENARIO(connect_given_up_by_disconnect)
{
	pid_t server = start_server(serve_full);
	int fd = nonblocking_client();
	int error = try_connect(fd, scene.server_ip, board->port);

	say_asked("client", fd, error, scene.server_ip, board->port);
	disconnect(fd);
	reach(2);
	end(server);
	pause_for_recorder(); /* the socket is still open, and the recorder must know the outcome */
}

SCENARIO(connect_given_up_by_shutdown)
{
	pid_t server = start_server(serve_full);
	int fd = nonblocking_client();
	int error = try_connect(fd, scene.server_ip, board->port);

	say_asked("client", fd, error, scene.server_ip, board->port);
	shutdown(fd, SHUT_RDWR);
	reach(2);
	end(server);
	pause_for_recorder();
}

static int blocked_fd;

static void connect_and_hang(void)
{
	blocked_fd = bound_client();
	say_asked("blocked", blocked_fd, 0, scene.server_ip, board->port);
	reach(10);
	try_connect(blocked_fd, scene.server_ip, board->port);
	say_asked("returned", blocked_fd, errno, scene.server_ip, board->port);
}

/* One thread calls shutdown() while another waits in connect() */
static void *hang(void *unused)
{
	connect_and_hang();
	return unused;
}

SCENARIO(connect_shut_down_by_another_thread)
{
	pid_t server = start_server(serve_full);
	pthread_t thread;

	pthread_create(&thread, 0, hang, 0);
	await(10);
	milliseconds(50);
	shutdown(blocked_fd, SHUT_RDWR);
	pthread_join(thread, 0);
	reach(11);
	end(server);
}

SCENARIO(connect_given_up_by_sigkill)
{
	pid_t server = start_server(serve_full);
	pid_t child = start("doomed", connect_and_hang);

	await(10);
	milliseconds(50);
	kill(child, SIGKILL);
	waitpid(child, 0, 0);
	reach(11);
	end(server);
}
