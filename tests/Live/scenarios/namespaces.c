/* SPDX-License-Identifier: MIT */
/* Owners in their own namespaces and cgroups, which end before the connections do */
#include "exchange.h"

/* ARGUMENT: a cgroup's directory, or nothing */
static void live_apart(void)
{
	char path[500], pid[20];
	int fd;

	if (*scene.argument) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", scene.argument);
		snprintf(pid, sizeof(pid), "%d", getpid());
		write_file(path, pid);
	}
	MUST(unshare(CLONE_NEWNS));
	MUST(setgid(1234));
	MUST(setuid(4321));
	fd = asked();
	say("client", fd, 0);
	reach(10);
	pause();
}

SCENARIO(namespaces_of_one_that_is_killed)
{
	pid_t server = start_server(serve_one);
	pid_t child = start("apart", live_apart);

	await(10);
	kill(child, SIGKILL);
	waitpid(child, 0, 0);
	end(server);
}

/* The main thread has ended, another thread connects */
static void *connect_alone(void *server)
{
	milliseconds(50);
	ask_and_close(connected());
	(void)server;
	fflush(stdout);
	_exit(0);
}

static void lose_main_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, 0, connect_alone, 0);
	pthread_exit(0);
}

SCENARIO(namespaces_without_main_thread)
{
	pid_t server = start_server(serve_one);
	pid_t child = start("headless", lose_main_thread);

	waitpid(child, 0, 0);
	end(server);
}
