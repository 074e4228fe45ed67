/* SPDX-License-Identifier: MIT */
/* Which end closes first, and which of its tasks has the last descriptor */
#include "parts.h"

SCENARIO(close_client_first)
{
	BETWEEN(wait_for_end);
	finish(fd, server);
}

SCENARIO(close_server_first)
{
	BETWEEN(close_at_once);
	take_end(fd);
	finish(fd, server);
}

static int held;

static void *hold_in_a_table_of_its_own(void *unused)
{
	MUST(unshare(CLONE_FILES));
	reach(2);
	await(3);
	return unused;
}

/* A thread with its own table of files has the last descriptor. It ends while the process goes on. */
SCENARIO(close_by_exit_of_a_thread)
{
	BETWEEN(wait_for_end);
	pthread_t thread;

	pthread_create(&thread, 0, hold_in_a_table_of_its_own, 0);
	await(2);
	tell_and_close("client", fd);
	reach(3);
	pthread_join(thread, 0);
	end(server);
}

static void hold_longer(void)
{
	await(2);
	tell_and_close("holder", held);
}

SCENARIO(close_by_last_holder)
{
	BETWEEN(wait_for_end);
	pid_t holder;

	held = fd;
	holder = start("holder", hold_longer);
	tell_and_close("client", fd);
	milliseconds(50);
	reach(2);
	end(holder);
	end(server);
}

static void leave_open(void)
{
	int fd = asked();

	say("client", fd, 0);
}

SCENARIO(close_by_exit)
{
	pid_t server, child;

	server_part = wait_for_end;
	server = start_server(serve_part);
	child = start("client", leave_open);
	end(child);
	end(server);
}

static void wait_for_death(void)
{
	leave_open();
	reach(10);
	pause();
}

SCENARIO(close_by_sigkill)
{
	pid_t server, child;

	server_part = wait_for_end;
	server = start_server(serve_part);
	child = start("client", wait_for_death);
	await(10);
	kill(child, SIGKILL);
	waitpid(child, 0, 0);
	end(server);
}

/* Never closed by close(): a worker inherits the socket, the owner ends, the worker ends last */
static void outlive(void)
{
	prctl(PR_SET_PDEATHSIG, 0);
	reach(10);
	await(20);
	say("holder", held, 0);
}

static void connect_and_fork(void)
{
	held = asked();
	say("client", held, 0);
	board->count = start("holder", outlive);
	await(10);
}

SCENARIO(close_by_exit_of_last_holder)
{
	pid_t server, child;

	server_part = wait_for_end;
	server = start_server(serve_part);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	child = start("client", connect_and_fork);
	end(child);
	reach(20);
	end(board->count);
	end(server);
}
