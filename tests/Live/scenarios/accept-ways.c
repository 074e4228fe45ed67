/* SPDX-License-Identifier: MIT */
/* accept() in every way: accept4(), without blocking, in a thread, for another family */
#include "exchange.h"

static int listening;

static void accept4_once(void)
{
	listening = listener(8);
	reach(1);
	answer_and_close(MUST(accept4(listening, 0, 0, SOCK_CLOEXEC)));
}

SCENARIO(accept_by_accept4)
{
	pid_t server = start_server(accept4_once);

	ask_and_close(connected());
	end(server);
}

static void accept_polled(void)
{
	struct pollfd p;

	listening = listener(8);
	make_nonblocking(listening);
	if (accept(listening, 0, 0) >= 0 || errno != EAGAIN)
		fail("accept");
	p = (struct pollfd){ listening, POLLIN, 0 };
	reach(1);
	poll(&p, 1, 10000);
	answer_and_close(accepted(listening));
}

SCENARIO(accept_polled_nonblocking)
{
	pid_t server = start_server(accept_polled);

	ask_and_close(connected());
	end(server);
}

/* A thread with another name accepts */
static void *accept_in_thread(void *unused)
{
	prctl(PR_SET_NAME, "acceptor");
	answer_and_close(accepted(listening));
	return unused;
}

static void serve_by_thread(void)
{
	pthread_t thread;

	listening = listener(8);
	reach(1);
	pthread_create(&thread, 0, accept_in_thread, 0);
	pthread_join(thread, 0);
}

SCENARIO(accept_in_a_thread)
{
	pid_t server = start_server(serve_by_thread);

	ask_and_close(connected());
	end(server);
}

/* A dual-stack listener (AF_INET6, ::) and a client that knows IPv4 only; for kind v4 */
static void serve_dual_stack(void)
{
	int fd = MUST(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	socklen_t length = sizeof(any);

	MUST(bind(fd, (void *)&any, sizeof(any)));
	MUST(listen(fd, 8));
	MUST(getsockname(fd, (void *)&any, &length));
	board->port = ntohs(any.sin6_port);
	listening = fd;
	reach(1);
	answer_and_close(accepted(fd));
}

SCENARIO(accept_on_dual_stack)
{
	pid_t server = start_server(serve_dual_stack);

	ask_and_close(connected());
	end(server);
}
