/* SPDX-License-Identifier: MIT */
/* Several processes accept from one listener, or from one port */
#include "exchange.h"

/* Workers forked after listen(), as in nginx and Apache. Each tells which connections it accepted. */
enum { WORKERS = 3, CLIENTS = 12 };

static int listening;

static void work(void)
{
	while (board->count < CLIENTS) {
		struct pollfd p = { listening, POLLIN, 0 };
		int fd;

		if (poll(&p, 1, 20) != 1)
			continue;
		fd = accept(listening, 0, 0);
		if (fd < 0)
			continue;
		board->count++;
		answer(fd);
		say("worker", fd, 0);
		take_end(fd);
		close(fd);
	}
}

static void serve_preforked(void)
{
	pid_t workers[WORKERS];

	listening = listener(CLIENTS);
	make_nonblocking(listening);
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start("worker", work);
	reach(1);
	for (int i = 0; i < WORKERS; i++)
		end(workers[i]);
}

static void ask_often(void)
{
	for (int i = 0; i < CLIENTS; i++)
		ask_and_close(connected());
}

SCENARIO(accept_by_preforked_workers)
{
	pid_t server = start_server(serve_preforked);

	ask_often();
	end(server);
}

/* Workers that each listen on the same port */
static void work_alone(void)
{
	int inherited = listening;

	listening = listener(CLIENTS);
	close(inherited);
	make_nonblocking(listening);
	reach(board->step + 1);
	work();
	milliseconds(30);
}

static void serve_reuseport(void)
{
	pid_t workers[WORKERS];

	listening = listener(1); /* finds the port */
	for (int i = 0; i < WORKERS; i++) {
		int before = board->step;

		workers[i] = start("worker", work_alone);
		if (i == WORKERS - 1)
			close(listening);
		await(before + 1);
	}
	reach(100);
	for (int i = 0; i < WORKERS; i++)
		end(workers[i]);
}

SCENARIO(accept_on_shared_port)
{
	pid_t server = start_server(serve_reuseport);

	await(100);
	ask_often();
	end(server);
}
