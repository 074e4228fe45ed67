/* SPDX-License-Identifier: MIT */
/* connect() that succeeds: at once, in progress, stopped, interrupted, in a thread */
#include "obstacles.h"

SCENARIO(connect_ok)
{
	pid_t server = start_server(serve_one);

	ask_and_close(connected());
	end(server);
}

SCENARIO(connect_nonblocking_ok)
{
	pid_t server = start_server(serve_one);
	int fd = client_socket();

	make_nonblocking(fd);
	if (try_connect(fd, scene.server_ip, board->port) != EINPROGRESS || wait_connected(fd))
		fail("connect");
	fcntl(fd, F_SETFL, 0);
	ask_and_close(fd);
	end(server);
}

/* A second connect() returns 0 or EISCONN: it is still one connection */
SCENARIO(connect_nonblocking_asked_again)
{
	pid_t server = start_server(serve_one);
	int fd = client_socket();

	make_nonblocking(fd);
	try_connect(fd, scene.server_ip, board->port);
	try_connect(fd, scene.server_ip, board->port);
	wait_connected(fd);
	try_connect(fd, scene.server_ip, board->port);
	try_connect(fd, scene.server_ip, board->port);
	fcntl(fd, F_SETFL, 0);
	ask_and_close(fd);
	end(server);
}

static void accept_after_a_while(void)
{
	int filler, l = full_listener(&filler);

	reach(1);
	await(10);
	milliseconds(150);
	answer_after_filler(l, filler);
}

static int blocked_fd;

static void connect_through(void)
{
	blocked_fd = bound_client();
	reach(10);
	if (try_connect(blocked_fd, scene.server_ip, board->port))
		fail("connect");
	ask_and_close(blocked_fd);
}

SCENARIO(connect_stopped_and_continued)
{
	pid_t server = start_server(accept_after_a_while);
	pid_t child = start("client", connect_through);

	await(10);
	for (int i = 0; i < 3; i++) {
		milliseconds(30);
		kill(child, SIGSTOP);
		milliseconds(30);
		kill(child, SIGCONT);
	}
	waitpid(child, 0, 0);
	end(server);
}

static void ignore(int signal)
{
	(void)signal;
}

/* connect() returns EINTR and the attempt goes on; poll() tells when it has succeeded */
static void connect_interrupted_child(void)
{
	struct sigaction action = { .sa_handler = ignore };

	sigaction(SIGUSR1, &action, 0);
	blocked_fd = bound_client();
	reach(10);
	if (try_connect(blocked_fd, scene.server_ip, board->port) != EINTR)
		fail("connect is not interrupted");
	if (wait_connected(blocked_fd))
		fail("connect");
	ask_and_close(blocked_fd);
}

SCENARIO(connect_interrupted)
{
	pid_t server = start_server(accept_after_a_while);
	pid_t child = start("client", connect_interrupted_child);

	await(10);
	milliseconds(50);
	kill(child, SIGUSR1);
	waitpid(child, 0, 0);
	end(server);
}

/* A thread with another name connects and ends; the process closes */
static int from_thread;

static void *connect_in_thread(void *unused)
{
	prctl(PR_SET_NAME, "pool-7-thread-3");
	from_thread = connected();
	ask(from_thread);
	say("client", from_thread, 0);
	return unused;
}

SCENARIO(connect_from_a_thread_that_exits)
{
	pid_t server = start_server(serve_one);
	pthread_t thread;

	pthread_create(&thread, 0, connect_in_thread, 0);
	pthread_join(thread, 0);
	close(from_thread);
	end(server);
}
