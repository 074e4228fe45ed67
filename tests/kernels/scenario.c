/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Connections of every kind, made the same way on every kernel. Each end is a process of its own whose name says which case and which end
 * it is, so that events can be compared line by line; each step waits for the one before it, so that nothing depends on speed.
 *
 *	scenario           all cases but the next three
 *	scenario early     accepts, and has a connection open to itself, before the recorder comes
 *	scenario late      connects to `early`
 *	scenario load      many connections that end while they are being accepted
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum { EARLY_PORT = 7000, SENT = 100, ANSWERED = 250, SECONDS = 60 };

typedef void action(int socket);

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "scenario: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A child process that is called `name` and does not return to the caller's code */
#define CHILD(name, ...)                                    \
	({                                                  \
		pid_t child_ = fork();                      \
		must(child_ >= 0, "fork");                  \
		if (child_ == 0) {                          \
			prctl(PR_SET_NAME, name);           \
			alarm(SECONDS);                     \
			__VA_ARGS__;                                \
			exit(0);                            \
		}                                           \
		child_;                                     \
	})

static void await(pid_t child)
{
	must(waitpid(child, 0, 0) == child, "waitpid");
}

static struct sockaddr_storage address(const char *host, int port)
{
	struct sockaddr_storage storage = {};
	struct sockaddr_in *v4 = (void *)&storage;
	struct sockaddr_in6 *v6 = (void *)&storage;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else {
		must(inet_pton(AF_INET6, host, &v6->sin6_addr) == 1, host);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
	}
	return storage;
}

static int listening(const char *host, int port, int protocol, int backlog)
{
	struct sockaddr_storage at = address(host, port);
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, protocol), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(fd, (void *)&at, sizeof(at)) == 0, "bind");
	must(listen(fd, backlog) == 0, "listen");
	return fd;
}

/* Never fails here: an outcome other than the one meant shows in the events */
static int connecting(const char *host, int port, int protocol, int flags)
{
	struct sockaddr_storage to = address(host, port);
	int fd = socket(to.ss_family, SOCK_STREAM | flags, protocol);

	must(fd >= 0, "socket");
	(void)!connect(fd, (void *)&to, sizeof(to));
	return fd;
}

static void send_bytes(int fd, int count)
{
	char bytes[1024] = {};

	must(send(fd, bytes, count, MSG_NOSIGNAL) == count, "send");
}

static void receive_bytes(int fd, int count)
{
	char bytes[1024];

	must(recv(fd, bytes, count, MSG_WAITALL) == count, "recv");
}

static void await_end(int fd)
{
	char byte;

	(void)!recv(fd, &byte, 1, 0); /* end of file or a reset */
}

static void await_input(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	poll(&p, 1, -1);
}

/* Says that this kernel cannot do a case; the names of its processes begin with these words */
static void without(const char *what)
{
	fprintf(stderr, "without %s\n", what);
}

/* One connection: the server's end in one process, the client's in another */
static void pair(const char *name, const char *at, const char *to, int port, int protocol, action *server, action *client)
{
	char server_name[16], client_name[16];
	int listener = listening(at, port, protocol, 8);
	pid_t accepting, calling;

	if (listener < 0) {
		without(name);
		return;
	}
	snprintf(server_name, sizeof(server_name), "%s-server", name);
	snprintf(client_name, sizeof(client_name), "%s-client", name);
	/* both system calls in turn: each has a hook of its own */
	accepting = CHILD(server_name, server(port % 2 ? accept4(listener, 0, 0, SOCK_CLOEXEC) : accept(listener, 0, 0)));
	calling = CHILD(client_name, client(connecting(to, port, protocol, 0)));
	close(listener);
	await(calling);
	await(accepting);
}

static void ask(int fd)
{
	send_bytes(fd, SENT);
	receive_bytes(fd, ANSWERED);
	close(fd);
}

static void answer(int fd)
{
	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	await_end(fd);
	close(fd);
}

static void drain(int fd)
{
	receive_bytes(fd, SENT);
	await_end(fd);
	close(fd);
}

static void send_and_await(int fd)
{
	send_bytes(fd, SENT);
	await_end(fd);
	close(fd);
}

static void ask_and_await(int fd)
{
	send_bytes(fd, SENT);
	receive_bytes(fd, ANSWERED);
	await_end(fd);
	close(fd);
}

static void close_unread(int fd)
{
	await_input(fd);
	close(fd);
}

static void reset_now(int fd)
{
	struct linger none = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

static void reset(int fd)
{
	send_bytes(fd, SENT);
	receive_bytes(fd, ANSWERED);
	reset_now(fd);
}

static void shut_down(int fd)
{
	send_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	receive_bytes(fd, ANSWERED);
	await_end(fd);
	close(fd);
}

static void answer_and_exit(int fd)
{
	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	exit(0);
}

/* The connection outlives the process that made it */
static void leave_to_heir(int fd)
{
	int alone[2];

	must(pipe(alone) == 0, "pipe");
	CHILD("heir", {
		close(alone[1]);
		(void)!read(alone[0], &(char){ 0 }, 1); /* until the parent is gone */
		ask(fd);
	});
}

/* Reset by the peer before accept() gets to it */
static void dead_on_accept(void)
{
	int listener = listening("127.0.0.1", 7140, 0, 8);

	await(CHILD("dead-client", reset_now(connecting("127.0.0.1", 7140, 0, 0))));
	await(CHILD("dead-server", close(accept(listener, 0, 0))));
	close(listener);
}

/* The same socket, disconnected and connected again; nobody accepts */
static void reconnected(void)
{
	int listener = listening("127.0.0.1", 7141, 0, 8);

	await(CHILD("reconnects", {
		struct sockaddr_storage to = address("127.0.0.1", 7141);
		struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
		int fd = connecting("127.0.0.1", 7141, 0, 0);

		(void)!connect(fd, &nowhere, sizeof(nowhere));
		(void)!connect(fd, (void *)&to, sizeof(to));
		reset_now(fd);
	}));
	close(listener);
}

/* Connected by sendto() */
static void fast_open(void)
{
	int listener = listening("127.0.0.1", 7142, 0, 8);
	pid_t accepting = CHILD("fastopen-server", answer(accept(listener, 0, 0)));

	await(CHILD("fastopen-client", {
		struct sockaddr_storage to = address("127.0.0.1", 7142);
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		char bytes[SENT] = {};

		(void)!sendto(fd, bytes, sizeof(bytes), MSG_FASTOPEN, (void *)&to, sizeof(to));
		receive_bytes(fd, ANSWERED);
		close(fd);
	}));
	await(accepting);
	close(listener);
}

static void killed(int fd)
{
	send_bytes(fd, SENT);
	kill(getpid(), SIGKILL);
}

static void refused(void)
{
	await(CHILD("refused", close(connecting("127.0.0.1", 7100, 0, 0))));
	await(CHILD("refused6", close(connecting("::1", 7101, 0, 0))));
	await(CHILD("refused-twice", {
		struct sockaddr_storage to = address("127.0.0.1", 7102);
		int fd = connecting("127.0.0.1", 7102, 0, 0);

		(void)!connect(fd, (void *)&to, sizeof(to));
		close(fd);
	}));
}

/* Nothing is sent: there is no route (documentation addresses), or the address may not be connected to */
static void no_syn(void)
{
	await(CHILD("no-route", close(connecting("203.0.113.1", 7110, 0, 0))));
	await(CHILD("no-route6", close(connecting("2001:db8::1", 7111, 0, 0))));
	await(CHILD("broadcast", close(connecting("255.255.255.255", 7112, 0, 0))));
}

/* A listener with a full queue leaves a SYN unanswered */
static void aborted(void)
{
	int listener = listening("127.0.0.1", 7120, 0, 0);
	pid_t never_accepted = CHILD("never-accepted", {
		close(listener);
		await_end(connecting("127.0.0.1", 7120, 0, 0));
	});

	await_input(listener);
	await(CHILD("aborts", close(connecting("127.0.0.1", 7120, 0, SOCK_NONBLOCK))));
	await(CHILD("aborted-by-kill", {
		connecting("127.0.0.1", 7120, 0, SOCK_NONBLOCK);
		kill(getpid(), SIGKILL);
	}));
	await(CHILD("timed-out", {
		struct sockaddr_storage to = address("127.0.0.1", 7120);
		int fd = socket(AF_INET, SOCK_STREAM, 0), milliseconds = 500;

		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof(milliseconds));
		(void)!connect(fd, (void *)&to, sizeof(to));
		close(fd);
	}));
	close(listener); /* resets the one in its queue */
	await(never_accepted);
}

/* One request through a ring of its own; the result, or -1 */
static int by_ring(struct io_uring_sqe request)
{
	struct io_uring_params params = {};
	int ring = syscall(__NR_io_uring_setup, 1, &params);
	char *queues, *completions;
	struct io_uring_sqe *entries;
	int result;

	if (ring < 0)
		return -1;
	queues = mmap(0, params.sq_off.array + params.sq_entries * sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	completions = mmap(0, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
	entries = mmap(0, params.sq_entries * sizeof(request), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
	must(queues != MAP_FAILED && completions != MAP_FAILED && entries != MAP_FAILED, "io_uring");
	entries[0] = request;
	*(unsigned *)(queues + params.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(queues + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	must(syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) == 1, "io_uring_enter");
	result = ((struct io_uring_cqe *)(completions + params.cq_off.cqes))->res;
	close(ring);
	return result;
}

static int connecting_by_ring(const char *host, int port)
{
	struct sockaddr_storage to = address(host, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	by_ring((struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (long)&to, .off = sizeof(struct sockaddr_in) });
	return fd;
}

static void with_io_uring(void)
{
	int listener = listening("127.0.0.1", 7130, 0, 8), ring = syscall(__NR_io_uring_setup, 1, &(struct io_uring_params){});
	pid_t accepting, calling;

	if (ring < 0) {
		without("io_uring");
		return;
	}
	close(ring);
	accepting = CHILD("io_uring-server", answer(by_ring((struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .fd = listener })));
	calling = CHILD("io_uring-client", ask(connecting_by_ring("127.0.0.1", 7130)));
	close(listener);
	await(calling);
	await(accepting);
	await(CHILD("io_uring-refuse", close(connecting_by_ring("127.0.0.1", 7131))));
	await(CHILD("io_uring-nosyn", close(connecting_by_ring("203.0.113.1", 7132))));
}

static void early(void)
{
	int listener = listening("127.0.0.1", EARLY_PORT, 0, 8), mine, accepted, late;

	prctl(PR_SET_NAME, "early");
	mine = connecting("127.0.0.1", EARLY_PORT, 0, 0);
	accepted = accept(listener, 0, 0);
	late = accept(listener, 0, 0); /* blocks before there is a recorder */
	send_bytes(mine, SENT);
	receive_bytes(accepted, SENT);
	close(mine);
	await_end(accepted);
	close(accepted);
	answer(late);
}

/* Once data is acknowledged there is a connection to accept: a reset that overtook the handshake would leave none */
static void reset_when_acknowledged(int fd)
{
	struct tcp_info info;

	send_bytes(fd, 1);
	do {
		sched_yield();
		must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){ sizeof(info) }) == 0, "TCP_INFO");
	} while (info.tcpi_state == TCP_ESTABLISHED && info.tcpi_unacked);
	reset_now(fd);
}

static void load(void)
{
	enum { WORKERS = 2, EACH = 1000 };
	int listener = listening("127.0.0.1", 7150, 0, 2 * WORKERS * EACH); /* room for all: what does not fit would never be accepted */
	pid_t workers[2 * WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		workers[2 * i] = CHILD("load-server", for (int j = 0; j < EACH; j++) close(accept(listener, 0, 0)));
		workers[2 * i + 1] = CHILD("load-client", for (int j = 0; j < EACH; j++) reset_when_acknowledged(connecting("127.0.0.1", 7150, 0, 0)));
	}
	for (int i = 0; i < 2 * WORKERS; i++)
		await(workers[i]);
}

int main(int count, char **arguments)
{
	const char *v4 = "127.0.0.1", *v6 = "::1";
	const char *part = count > 1 ? arguments[1] : "";
	int port = 7200;

	for (int fd = 3; fd < 64; fd++) /* the same descriptors, whoever started us */
		close(fd);
	must(setgid(1235) == 0 && setuid(1234) == 0, "setuid");
	alarm(SECONDS);
	if (!strcmp(part, "early")) {
		early();
		return 0;
	}
	if (!strcmp(part, "late")) {
		ask(connecting(v4, EARLY_PORT, 0, 0));
		return 0;
	}
	if (!strcmp(part, "load")) {
		load();
		return 0;
	}
	pair("v4", v4, v4, port++, 0, answer, ask);
	pair("v6", v6, v6, port++, 0, answer, ask);
	pair("mapped", "::", "::ffff:127.0.0.1", port++, 0, answer, ask);
	pair("dual", "::", v4, port++, 0, answer, ask);
	pair("shutdown", v4, v4, port++, 0, answer, shut_down);
	pair("unread", v4, v4, port++, 0, close_unread, send_and_await);
	pair("reset", v4, v4, port++, 0, answer, reset);
	pair("exit", v4, v4, port++, 0, answer_and_exit, ask_and_await);
	pair("heir", v4, v4, port++, 0, answer, leave_to_heir);
	pair("killed", v4, v4, port++, 0, drain, killed);
	dead_on_accept();
	reconnected();
	fast_open();
	refused();
	no_syn();
	aborted();
	with_io_uring();
	pair("mptcp", v4, v4, port++, IPPROTO_MPTCP, answer, ask);
	pair("mptcprst", v4, v4, port++, IPPROTO_MPTCP, answer, reset);
	return 0;
}
