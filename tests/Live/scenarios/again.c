/* SPDX-License-Identifier: MIT */
/*
 * One socket calls connect() again and again, each time from another port. And: a descriptor belongs to another socket by the time the
 * call returns.
 */
#include "obstacles.h"

#define REFUSING_PORT 1 /* nobody listens there */

static void serve_late(void)
{
	int l;

	reach(1);
	await(2);
	l = listener(8);
	reach(3);
	answer_and_close(accepted(l));
}

SCENARIO(again_refused_then_ok)
{
	pid_t server = start_server(serve_late);
	int fd = client_socket();
	char who[16];

	for (int i = 1; i <= 20; i++) {
		if (try_connect(fd, scene.server_ip, REFUSING_PORT) != ECONNREFUSED)
			fail("refused");
		snprintf(who, sizeof(who), "refused%d", i);
		say_asked(who, fd, ECONNREFUSED, scene.server_ip, REFUSING_PORT);
	}
	reach(2);
	await(3);
	if (try_connect(fd, scene.server_ip, board->port))
		fail("connect");
	ask_and_close(fd);
	end(server);
}

SCENARIO(again_in_every_way)
{
	pid_t server = start_server(serve_full);
	int fd = client_socket();
	unsigned patience = 200;

	if (try_connect(fd, scene.server_ip, REFUSING_PORT) != ECONNREFUSED)
		fail("refused");
	say_asked("refused", fd, ECONNREFUSED, scene.server_ip, REFUSING_PORT);

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience)));
	if (try_connect(fd, scene.server_ip, board->port) != ETIMEDOUT)
		fail("time-out");
	say_asked("timed-out", fd, ETIMEDOUT, scene.server_ip, board->port);
	patience = 0;
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience)));

	make_nonblocking(fd);
	try_connect(fd, scene.server_ip, REFUSING_PORT);
	if (wait_connected(fd) != ECONNREFUSED)
		fail("refused, not blocking");
	say_asked("nonblocking", fd, ECONNREFUSED, scene.server_ip, REFUSING_PORT);
	disconnect(fd);

	try_connect(fd, scene.server_ip, board->port);
	milliseconds(50);
	say_asked("disconnected", fd, 0, scene.server_ip, board->port);
	disconnect(fd);

	if (try_connect(fd, scene.nobody_ip, 7) != ENETUNREACH)
		fail("unreachable");
	say_asked("unreachable", fd, ENETUNREACH, scene.nobody_ip, 7);

	try_connect(fd, scene.server_ip, board->port);
	milliseconds(50);
	say_asked("closed", fd, 0, scene.server_ip, board->port);
	close(fd);
	reach(2);
	end(server);
}

SCENARIO(again_to_port_zero)
{
	int fd = client_socket();

	for (int i = 1; i <= 2; i++) {
		if (try_connect(fd, scene.server_ip, 0) != ECONNREFUSED)
			fail("port 0");
		say_asked(i == 1 ? "first" : "second", fd, ECONNREFUSED, scene.server_ip, 0);
	}
	close(fd);
}

/* The queue is full until step 2; then nobody listens any more, and the next SYN is refused */
static void serve_full_then_nobody(void)
{
	int filler, l = full_listener(&filler);

	reach(1);
	await(2);
	close(l);
	await(3);
}

static int reused;

static void *put_another(void *unused)
{
	struct address any = address_of(scene.client_ip, 0);

	milliseconds(100);
	close(reused);
	if (socket(scene.v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0) != reused)
		fail("another descriptor");
	if (!strcmp(scene.argument, "listening")) {
		MUST(bind(reused, (void *)&any.storage, any.length));
		MUST(listen(reused, 1));
	}
	reach(2);
	return unused;
}

SCENARIO(again_descriptor_of_connect_reused)
{
	pid_t server = start_server(serve_full_then_nobody);
	struct address any = address_of(scene.client_ip, 0);
	pthread_t thread;

	reused = client_socket();
	MUST(bind(reused, (void *)&any.storage, any.length));
	say_asked("client", reused, ECONNREFUSED, scene.server_ip, board->port);
	pthread_create(&thread, 0, put_another, 0);
	if (try_connect(reused, scene.server_ip, board->port) != ECONNREFUSED)
		fail("not refused");
	pthread_join(thread, 0);
	reach(3);
	end(server);
}

/*
 * A worker sleeps in accept() of its parent's listener. Meanwhile another thread of the worker closes the descriptor and opens a listener
 * of its own with the same number.
 */
static void *listen_there(void *unused)
{
	struct address any = address_of(scene.server_ip, 0);

	milliseconds(100);
	close(reused);
	if (socket(scene.v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0) != reused)
		fail("another descriptor");
	MUST(bind(reused, (void *)&any.storage, any.length));
	MUST(listen(reused, 1));
	reach(2);
	return unused;
}

static void work(void)
{
	pthread_t thread;
	int fd;

	pthread_create(&thread, 0, listen_there, 0);
	fd = accepted(reused);
	pthread_join(thread, 0);
	take(fd, 3);
	take_end(fd);
	tell_and_close("worker", fd);
}

static void serve_by_worker(void)
{
	pid_t worker;

	reused = listener(8);
	reach(1);
	worker = start("worker", work);
	end(worker);
}

SCENARIO(again_descriptor_of_accept_reused)
{
	pid_t server = start_server(serve_by_worker);
	int fd;

	await(2);
	fd = connected();
	give(fd, 3);
	finish(fd, server);
}
