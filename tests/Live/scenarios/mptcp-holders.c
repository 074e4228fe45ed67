/* SPDX-License-Identifier: MIT */
/* Many processes: they share one connection, or each has one of its own */
#include "mptcp.h"

/* Several processes have the socket, and close it at the same time */
enum { HOLDERS = 8 };

static int held;

static void let_go(void)
{
	say("holder", held, 0);
	board->count++;
	await(20);
	close(held);
}

SCENARIO(mptcp_closed_by_many)
{
	BETWEEN_MPTCP(wait_for_end);
	pid_t holders[HOLDERS];

	held = fd;
	for (int i = 0; i < HOLDERS; i++)
		holders[i] = start("holder", let_go);
	while (board->count < HOLDERS)
		milliseconds(1);
	tell_and_close("client", fd);
	reach(20);
	for (int i = 0; i < HOLDERS; i++)
		end(holders[i]);
	end(server);
}

static void serve_held(void)
{
	await(30); /* by then no other process has the socket */
	answer(held);
	take_end(held);
	tell_and_close("child", held);
}

/* Many clients connect at the same time; the server forks a process for each */
static void serve_forked(void)
{
	pid_t children[HOLDERS];
	int l = listener(HOLDERS);

	reach(1);
	for (int i = 0; i < HOLDERS; i++) {
		held = accepted(l);
		say("server", held, 0);
		children[i] = start("child", serve_held);
		close(held);
	}
	reach(30);
	for (int i = 0; i < HOLDERS; i++)
		end(children[i]);
}

static void ask_with_all(void)
{
	board->count++;
	await(20);
	tell_and_close("client", asked());
}

SCENARIO(mptcp_served_by_forks)
{
	pid_t server = start_server(serve_forked);
	pid_t clients[HOLDERS];

	for (int i = 0; i < HOLDERS; i++)
		clients[i] = start("client", ask_with_all);
	while (board->count < HOLDERS)
		milliseconds(1);
	reach(20);
	for (int i = 0; i < HOLDERS; i++)
		end(clients[i]);
	end(server);
}
