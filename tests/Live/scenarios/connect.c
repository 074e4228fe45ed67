/* SPDX-License-Identifier: MIT */
/* connect(): every way in which it can succeed, fail, or be given up */
#include "scene.h"

static int listening, filler;

static void serve_one(void)
{
	int fd, l = listener(8);

	reach(1);
	fd = accepted(l);
	take(fd, 3);
	give(fd, 5);
	take_end(fd);
	say("server", fd, 0);
	close(fd);
}

/* Sends 3 bytes, takes 5; the client closes first */
static void ask_and_close(int fd)
{
	give(fd, 3);
	take(fd, 5);
	say("client", fd, 0);
	close(fd);
}

SCENARIO(connect_ok)
{
	pid_t server = start_server(serve_one);

	ask_and_close(connected());
	end(server);
}

/* A port on which nobody listens; bound first, so that the socket still knows its own port afterwards */
static void serve_nobody(void)
{
	close(listener(1));
	reach(1);
}

static int bound_client(void)
{
	int fd = client_socket();
	struct address a = address_of(scene.client_ip, 0);

	MUST(bind(fd, (void *)&a.storage, a.length));
	return fd;
}

SCENARIO(connect_refused)
{
	pid_t server = start_server(serve_nobody);
	int fd = bound_client();
	int error = try_connect(fd, scene.server_ip, board->port);

	say_asked("client", fd, error, scene.server_ip, board->port);
	end(server);
}

SCENARIO(connect_refused_unbound)
{
	pid_t server = start_server(serve_nobody);
	int fd = client_socket();
	int error = try_connect(fd, scene.server_ip, board->port);

	say_asked("client", fd, error, scene.server_ip, board->port);
	end(server);
}

SCENARIO(connect_unreachable)
{
	int fd = client_socket();
	int error = try_connect(fd, scene.nobody_ip, 7);

	say_asked("client", fd, error, scene.nobody_ip, 7);
}

/* ARGUMENT is an address whose neighbour does not answer */
SCENARIO(connect_no_neighbour)
{
	int fd = bound_client();
	int error = try_connect(fd, scene.argument, 7);

	say_asked("client", fd, error, scene.argument, 7);
}

/* All local ports towards this server are in use */
static void serve_two(void)
{
	int l = listener(8);

	reach(1);
	accepted(l);
	await(2);
}

SCENARIO(connect_no_port)
{
	pid_t server = start_server(serve_two);
	int first, fd, error;

	write_file("/proc/sys/net/ipv4/ip_local_port_range", "31001 31001");
	first = connected();
	fd = client_socket();
	error = try_connect(fd, scene.server_ip, board->port);
	say_asked("client", fd, error, scene.server_ip, board->port);
	close(fd);
	close(first);
	write_file("/proc/sys/net/ipv4/ip_local_port_range", "32768 60999");
	reach(2);
	end(server);
}

static void serve_full(void)
{
	listening = full_listener(&filler);
	reach(1);
	await(2);
}

static int hanging(int flags)
{
	int fd = bound_client();

	if (flags)
		make_nonblocking(fd);
	return fd;
}

SCENARIO(connect_timed_out)
{
	pid_t server = start_server(serve_full);
	int fd = hanging(0);
	unsigned patience = 300;
	int error;

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience)));
	error = try_connect(fd, scene.server_ip, board->port);
	say_asked("client", fd, error, scene.server_ip, board->port);
	reach(2);
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

SCENARIO(connect_nonblocking_refused)
{
	pid_t server = start_server(serve_nobody);
	int fd = hanging(O_NONBLOCK);
	int error;

	try_connect(fd, scene.server_ip, board->port);
	error = wait_connected(fd);
	say_asked("client", fd, error, scene.server_ip, board->port);
	close(fd);
	end(server);
}

/* The error is read by a second connect(), as Windows programmers do; then the same socket connects where somebody listens */
static void serve_late(void)
{
	int port;

	close(listener(1));
	port = board->port;
	reach(1);
	await(2);
	board->port = port;
	int l = listener(8);
	reach(3);
	int fd = accepted(l);
	take(fd, 3);
	give(fd, 5);
	take_end(fd);
	say("server", fd, 0);
	close(fd);
}

SCENARIO(connect_refused_then_ok)
{
	pid_t server = start_server(serve_late);
	int fd = hanging(O_NONBLOCK);
	struct pollfd p = { fd, POLLOUT, 0 };

	try_connect(fd, scene.server_ip, board->port);
	poll(&p, 1, 1000);
	say_asked("refused", fd, ECONNREFUSED, scene.server_ip, board->port);
	if (try_connect(fd, scene.server_ip, board->port) != ECONNREFUSED)
		fail("second connect");
	reach(2);
	await(3);
	fcntl(fd, F_SETFL, 0);
	if (try_connect(fd, scene.server_ip, board->port))
		fail("third connect");
	give(fd, 3);
	take(fd, 5);
	say("client", fd, 0);
	close(fd);
	end(server);
}

/* The program reads the error with SO_ERROR and calls connect() again: ECONNABORTED is about the same attempt */
SCENARIO(connect_refused_asked_again)
{
	pid_t server = start_server(serve_nobody);
	int fd = hanging(O_NONBLOCK);
	int error;

	try_connect(fd, scene.server_ip, board->port);
	error = wait_connected(fd);
	say_asked("client", fd, error, scene.server_ip, board->port);
	if (try_connect(fd, scene.server_ip, board->port) != ECONNABORTED)
		fail("second connect");
	close(fd);
	end(server);
}

/*
 * Established, then reset (after a FIN, if ARGUMENT is `half`). Only then the program calls connect() again for the outcome of the first
 * call.
 */
static void serve_reset(void)
{
	int l = listener(8);
	int fd;

	reach(1);
	fd = accepted(l);
	if (!strcmp(scene.argument, "half"))
		shutdown(fd, SHUT_WR);
	linger_zero(fd);
	await(2);
	say("server", fd, 0);
	close(fd);
}

SCENARIO(connect_reset_asked_again)
{
	pid_t server = start_server(serve_reset);
	int fd = hanging(O_NONBLOCK);
	struct pollfd p = { fd, 0, 0 };
	int error;

	try_connect(fd, scene.server_ip, board->port);
	p.events = POLLOUT;
	poll(&p, 1, 1000);
	milliseconds(30);
	say("client", fd, 0);
	reach(2);
	end(server);
	p.events = 0;
	poll(&p, 1, 1000);
	error = try_connect(fd, scene.server_ip, board->port);
	if (error != (strcmp(scene.argument, "half") ? ECONNRESET : EPIPE))
		fail("second connect");
	close(fd);
}

SCENARIO(connect_given_up_by_close)
{
	pid_t server = start_server(serve_full);
	int fd = hanging(O_NONBLOCK);
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
	int fd = hanging(0);
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
	int fd = hanging(O_NONBLOCK);
	struct sockaddr nowhere = { AF_UNSPEC };
	int error = try_connect(fd, scene.server_ip, board->port);

	say_asked("client", fd, error, scene.server_ip, board->port);
	MUST(connect(fd, &nowhere, sizeof(nowhere)));
	reach(2);
	end(server);
	pause_for_recorder(); /* the socket is still open, and the recorder must know the outcome */
}

SCENARIO(connect_given_up_by_shutdown)
{
	pid_t server = start_server(serve_full);
	int fd = hanging(O_NONBLOCK);
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
	blocked_fd = hanging(0);
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

static void accept_after_a_while(void)
{
	int fd, other;

	listening = full_listener(&filler);
	reach(1);
	await(10);
	milliseconds(150);
	other = accepted(listening); /* accepts the filler, and makes room for the next SYN, which comes after a second */
	fd = accepted(listening);
	take(fd, 3);
	give(fd, 5);
	take_end(fd);
	say("server", fd, 0);
	close(fd);
	close(other);
	close(filler);
}

static void connect_through(void)
{
	blocked_fd = hanging(0);
	reach(10);
	if (try_connect(blocked_fd, scene.server_ip, board->port))
		fail("connect");
	give(blocked_fd, 3);
	take(blocked_fd, 5);
	say("client", blocked_fd, 0);
	close(blocked_fd);
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
	blocked_fd = hanging(0);
	reach(10);
	if (try_connect(blocked_fd, scene.server_ip, board->port) != EINTR)
		fail("connect is not interrupted");
	if (wait_connected(blocked_fd))
		fail("connect");
	give(blocked_fd, 3);
	take(blocked_fd, 5);
	say("client", blocked_fd, 0);
	close(blocked_fd);
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
	give(from_thread, 3);
	take(from_thread, 5);
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

/* A socket that connects to itself: one socket, both ends */
SCENARIO(connect_to_itself)
{
	int fd = client_socket();
	struct address a = address_of(scene.client_ip, 0);

	MUST(bind(fd, (void *)&a.storage, a.length));
	MUST(getsockname(fd, (void *)&a.storage, &a.length));
	MUST(connect(fd, (void *)&a.storage, a.length));
	give(fd, 7);
	take(fd, 7);
	say("client", fd, 0);
	close(fd);
}

/*
 * Two sockets that connect to each other at the same time; nobody listens. At first neither finds its neighbour, so that both sit in
 * SYN_SENT; then the repeated SYNs cross.
 */
static void neighbour(const char *ip, const char *change)
{
	char command[200];

	snprintf(command, sizeof(command), "ip neigh %s %s %s dev eth0", change, ip, strcmp(change, "del") ? "lladdr 02:00:00:00:00:99" : "");
	if (system(command))
		fail(command);
}

static int first_port; /* another one than in an earlier scene, which may have left a TIME_WAIT */

static int cross(const char *from, int from_port, const char *to, int to_port)
{
	int fd = client_socket();
	struct address a = address_of(from, from_port);

	neighbour(to, "replace");
	MUST(bind(fd, (void *)&a.storage, a.length));
	make_nonblocking(fd);
	try_connect(fd, to, to_port);
	board->count++;
	while (board->count < 2)
		milliseconds(1);
	neighbour(to, "del");
	if (wait_connected(fd))
		fail("crosswise");
	fcntl(fd, F_SETFL, 0);
	return fd;
}

static void connect_crosswise(void)
{
	int fd = cross(scene.server_ip, first_port + 1, scene.client_ip, first_port);

	take(fd, 3);
	give(fd, 5);
	say("server", fd, 0);
	take_end(fd);
	close(fd);
}

static void play_crosswise(void)
{
	reach(1);
	connect_crosswise();
}

SCENARIO(connect_simultaneous)
{
	pid_t server;
	int fd;

	first_port = 20000 + 2 * (getpid() % 5000);
	server = start_server(play_crosswise);
	fd = cross(scene.client_ip, first_port, scene.server_ip, first_port + 1);

	give(fd, 3);
	take(fd, 5);
	say("client", fd, 0);
	close(fd);
	end(server);
}

/* Connected, disconnected with AF_UNSPEC (which resets), connected again: two connections of one socket */
static void serve_twice(void)
{
	int l = listener(8);
	char c;

	reach(1);
	int first = accepted(l);
	take(first, 3);
	say("server1", first, 0);
	await(2);
	if (read(first, &c, 1) >= 0)
		fail("no reset");
	close(first);
	int fd = accepted(l);
	take(fd, 3);
	give(fd, 5);
	take_end(fd);
	say("server2", fd, 0);
	close(fd);
}

SCENARIO(connect_disconnect_connect)
{
	pid_t server = start_server(serve_twice);
	struct sockaddr nowhere = { AF_UNSPEC };
	int fd = connected();

	give(fd, 3);
	milliseconds(50);
	say("client1", fd, 0);
	MUST(connect(fd, &nowhere, sizeof(nowhere)));
	reach(2);
	if (try_connect(fd, scene.server_ip, board->port))
		fail("again");
	give(fd, 3);
	take(fd, 5);
	say("client2", fd, 0);
	close(fd);
	end(server);
}

/* Errors of the call rather than of a connection */
SCENARIO(connect_bad_arguments)
{
	int fd = client_socket();
	struct sockaddr_in6 wrong = { .sin6_family = AF_APPLETALK };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(7), .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	connect(fd, (void *)&wrong, sizeof(wrong));
	say_asked("family", fd, errno, "-", 0);
	connect(fd, (void *)&wrong, 1);
	say_asked("length", fd, errno, "-", 0);
	connect(fd, (void *)8, sizeof(wrong));
	say_asked("pointer", fd, errno, "-", 0);
	if (!scene.v6) {
		connect(fd, (void *)&v6, sizeof(v6));
		say_asked("version", fd, errno, "-", 0);
	}
	connect(-1, (void *)&v6, sizeof(v6));
	connect(0, (void *)&v6, sizeof(v6));
}
