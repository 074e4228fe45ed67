/* SPDX-License-Identifier: MIT */
/*
 * Load for bench/capture: connections over the loopback of its network namespace, opened, accepted and closed.
 *
 *   load reset|close CONNECTIONS [PER_SECOND]   two client and two server threads, as fast as they go or paced;
 *                                               prints connections, seconds and microseconds of processor time
 *   load latency CONNECTIONS PAUSE_MS           one connection after each pause; waits on stdin for the line with its port, which the
 *                                               tracer prints, and writes the milliseconds from before connect() to then
 *   load usage FILE COMMAND...                  runs a tracer; writes its process id into FILE, and at its end in place of that
 *                                               microseconds of processor time and peak kilobytes
 *
 * The destinations are 250 addresses of 127.0.0.0/8 in turn, so that the port range does not run dry of ports in TIME_WAIT.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LANES = 2, BACKLOG = 1024, LEAD = 256, PEERS = 250, FIRST_PORT = 700, MOST = 2000000 };

/* One client thread and one server thread */
struct lane {
	pthread_t client, server;
	int listener;
	uint16_t port;
	long connections;
	double interval_ns; /* 0: as fast as it goes */
	bool reset;
	_Atomic long accepted;
};

static void fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0) == EINTR)
		;
}

static long long microseconds(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000LL + usage->ru_utime.tv_usec + usage->ru_stime.tv_usec;
}

static struct sockaddr_in loopback(long number, uint16_t port)
{
	uint32_t host = 1 + number % PEERS;

	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f010000u + host) };
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (void *)&any, sizeof(any)) || listen(fd, BACKLOG))
		fail("listen");
	return fd;
}

static int connect_to(struct sockaddr_in to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (void *)&to, sizeof(to)))
		fail("connect");
	return fd;
}

static void *run_client(void *argument)
{
	static const struct linger abortive = { 1, 0 };
	struct lane *lane = argument;
	int64_t start = now_ns();

	for (long i = 0; i < lane->connections; i++) {
		int fd;

		if (lane->interval_ns > 0)
			sleep_until(start + (int64_t)(i * lane->interval_ns));
		while (i - atomic_load_explicit(&lane->accepted, memory_order_relaxed) > LEAD)
			sched_yield(); /* a full backlog would drop SYNs, and then the retransmission timer is what is measured */
		fd = connect_to(loopback(i, lane->port));
		if (lane->reset)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
		close(fd);
	}
	return 0;
}

static void *run_server(void *argument)
{
	struct lane *lane = argument;
	char byte;

	for (long i = 0; i < lane->connections; i++) {
		int fd = accept4(lane->listener, 0, 0, SOCK_CLOEXEC);

		if (fd < 0)
			fail("accept");
		atomic_store_explicit(&lane->accepted, i + 1, memory_order_relaxed);
		if (recv(fd, &byte, 1, 0) > 0) /* until the client has closed */
			fail("data where none was sent");
		close(fd);
	}
	return 0;
}

static int run_load(bool reset, long connections, double per_second)
{
	static struct lane lanes[LANES];
	struct rusage usage;
	int64_t start;

	for (int i = 0; i < LANES; i++) {
		struct lane *lane = &lanes[i];

		lane->reset = reset;
		lane->port = FIRST_PORT + i;
		lane->connections = connections / LANES;
		lane->interval_ns = per_second > 0 ? 1e9 * LANES / per_second : 0;
		lane->listener = listen_on(lane->port);
	}
	start = now_ns();
	for (int i = 0; i < LANES; i++)
		if (pthread_create(&lanes[i].server, 0, run_server, &lanes[i]) || pthread_create(&lanes[i].client, 0, run_client, &lanes[i]))
			fail("pthread_create");
	for (int i = 0; i < LANES; i++) {
		pthread_join(lanes[i].client, 0);
		pthread_join(lanes[i].server, 0);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("%ld %.6f %lld\n", connections / LANES * LANES, (now_ns() - start) / 1e9, microseconds(&usage));
	return 0;
}

static bool line_has(const char *line, unsigned port)
{
	char *end;

	for (const char *at = line; *at; at = *end ? end + 1 : end)
		if (strtoul(at, &end, 10) == port)
			return true;
	return false;
}

static int run_latency(long connections, long pause_ms)
{
	int listener = listen_on(FIRST_PORT);
	char line[256];

	for (long i = 0; i < connections; i++) {
		struct sockaddr_in self;
		socklen_t length = sizeof(self);
		int64_t before;
		int client, server;

		usleep(pause_ms * 1000);
		before = now_ns();
		client = connect_to(loopback(i, FIRST_PORT));
		if (getsockname(client, (void *)&self, &length))
			fail("getsockname");
		do {
			struct pollfd input = { .fd = 0, .events = POLLIN };

			if (poll(&input, 1, 5000) != 1 || !fgets(line, sizeof(line), stdin))
				fail("no line for a connection within 5 seconds");
		} while (!line_has(line, ntohs(self.sin_port)));
		printf("%.3f\n", (now_ns() - before) / 1e6);
		server = accept(listener, 0, 0);
		close(client);
		close(server);
	}
	return 0;
}

static void write_numbers(const char *path, long long first, long long second)
{
	FILE *file = fopen(path, "w");

	if (!file)
		fail(path);
	fprintf(file, "%lld %lld\n", first, second);
	fclose(file);
}

static int run_usage(const char *path, char **command)
{
	struct rusage usage;
	int status;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGINT, SIG_DFL); /* which a shell ignores in its background */
		execvp(command[0], command);
		fail(command[0]);
	}
	write_numbers(path, child, 0);
	while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR)
		;
	write_numbers(path, microseconds(&usage), usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	long count = argc > 2 ? atol(argv[2]) : 0;

	setvbuf(stdin, 0, _IONBF, 0);
	if (!strcmp(what, "usage") && argc > 3)
		return run_usage(argv[2], argv + 3);
	if (count > 0 && count <= MOST) {
		if (!strcmp(what, "reset") || !strcmp(what, "close"))
			return run_load(!strcmp(what, "reset"), count, argc > 3 ? atof(argv[3]) : 0);
		if (!strcmp(what, "latency") && argc > 3)
			return run_latency(count, atol(argv[3]));
	}
	fprintf(stderr, "usage: load reset|close CONNECTIONS [PER_SECOND] | load latency CONNECTIONS PAUSE_MS | load usage FILE COMMAND...\n");
	return 2;
}
