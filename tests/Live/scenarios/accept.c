/* SPDX-License-Identifier: MIT */
/* accept(): in which task, before or after the connection comes, or never */
#include "scene.h"
#include <setjmp.h>

static int listening;

static void serve_with(int fd)
{
	take(fd, 3);
	give(fd, 5);
	take_end(fd);
	say("server", fd, 0);
	close(fd);
}

static void ask(int fd)
{
	give(fd, 3);
	take(fd, 5);
	say("client", fd, 0);
	close(fd);
}

static void accept_late(void)
{
	listening = listener(8);
	reach(1);
	await(10);
	milliseconds(200);
	serve_with(accepted(listening));
}

SCENARIO(accept_after_waiting)
{
	pid_t server = start_server(accept_late);
	int fd = connected();

	reach(10);
	ask(fd);
	end(server);
}

static void accept_once(void)
{
	listening = listener(8);
	reach(1);
	serve_with(accepted(listening));
}

/* The recorder starts while the server already waits in accept() */
SCENARIO(accept_blocked_before)
{
	pid_t server = start_server(accept_once);

	milliseconds(50);
	pause_for_recorder();
	ask(connected());
	end(server);
}

static void accept_from_queue(void)
{
	listening = listener(8);
	reach(1);
	await(10);
	serve_with(accepted(listening));
}

/* The connection was established before the recorder started, and is accepted later */
SCENARIO(accept_established_before)
{
	pid_t server = start_server(accept_from_queue);
	int fd = connected();

	pause_for_recorder();
	reach(10);
	ask(fd);
	end(server);
}

static void accept_finished(void)
{
	int fd;

	listening = listener(8);
	reach(1);
	await(10);
	fd = accepted(listening);
	take(fd, 3);
	take_end(fd);
	say("server", fd, 0);
	close(fd);
}

/* ... and by then the client has sent everything and has closed */
SCENARIO(accept_finished_before)
{
	pid_t server = start_server(accept_finished);
	int fd = connected();

	give(fd, 3);
	shutdown(fd, SHUT_WR);
	milliseconds(30);
	pause_for_recorder();
	say("client", fd, 0);
	reach(10);
	end(server);
}

static void accept_reset(void)
{
	int fd;

	listening = listener(8);
	reach(1);
	await(10);
	fd = accepted(listening);
	say("server", fd, 0);
	close(fd);
}

static void go_by_reset(int fd)
{
	linger_zero(fd);
	say("client", fd, 0);
	close(fd);
	milliseconds(50);
}

SCENARIO(accept_reset_before)
{
	pid_t server = start_server(accept_reset);

	go_by_reset(connected());
	pause_for_recorder();
	reach(10);
	end(server);
}

/* The client has closed before the server accepts */
SCENARIO(accept_peer_reset)
{
	pid_t server = start_server(accept_reset);

	go_by_reset(connected());
	reach(10);
	end(server);
}

SCENARIO(accept_peer_closed)
{
	pid_t server = start_server(accept_finished);
	int fd = connected();

	give(fd, 3);
	say("client", fd, 0);
	close(fd);
	milliseconds(50);
	reach(10);
	end(server);
}

static void accept4_once(void)
{
	listening = listener(8);
	reach(1);
	serve_with(MUST(accept4(listening, 0, 0, SOCK_CLOEXEC)));
}

SCENARIO(accept_by_accept4)
{
	pid_t server = start_server(accept4_once);

	ask(connected());
	end(server);
}

static void accept_polled(void)
{
	struct pollfd p;
	int fd;

	listening = listener(8);
	make_nonblocking(listening);
	if (accept(listening, 0, 0) >= 0 || errno != EAGAIN)
		fail("accept");
	p = (struct pollfd){ listening, POLLIN, 0 };
	reach(1);
	poll(&p, 1, 10000);
	fd = accepted(listening);
	serve_with(fd);
}

SCENARIO(accept_polled_nonblocking)
{
	pid_t server = start_server(accept_polled);

	ask(connected());
	end(server);
}

/* A thread with another name accepts */
static void *accept_in_thread(void *unused)
{
	prctl(PR_SET_NAME, "acceptor");
	serve_with(accepted(listening));
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

	ask(connected());
	end(server);
}

/* Workers forked after listen(), as in nginx and Apache. Each tells which connections it accepted. */
enum { WORKERS = 3, CLIENTS = 12 };

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
		take(fd, 3);
		give(fd, 5);
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
	for (int i = 0; i < CLIENTS; i++) {
		int fd = connected();

		give(fd, 3);
		take(fd, 5);
		say("client", fd, 0);
		close(fd);
	}
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

/* Never accepted: the listener closes, and the kernel resets the client */
static void never_accept(void)
{
	listening = listener(8);
	reach(1);
	await(2);
	close(listening);
	await(3);
}

SCENARIO(accept_never)
{
	pid_t server = start_server(never_accept);
	int fd = connected();
	char c;

	say("client", fd, 0);
	milliseconds(30);
	reach(2);
	if (read(fd, &c, 1) >= 0)
		fail("no reset");
	close(fd);
	reach(3);
	end(server);
}

/* The server sends the descriptor to another process over a Unix socket, as inetd does. That process closes it. */
static int pair[2];

static void receive_and_close(void)
{
	char room[CMSG_SPACE(sizeof(int))], c;
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	int fd;

	MUST(recvmsg(pair[1], &m, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	take(fd, 3);
	give(fd, 5);
	take_end(fd);
	MUST(read(pair[1], &c, 1)); /* the server has closed its descriptor: this process has the last one */
	say("receiver", fd, 0);
	close(fd);
}

static void pass_on(void)
{
	char room[CMSG_SPACE(sizeof(int))] = {}, c = 0;
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	pid_t child;
	int fd;

	listening = listener(8);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = start("receiver", receive_and_close);
	reach(1);
	fd = accepted(listening);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	MUST(sendmsg(pair[0], &m, 0));
	say("server", fd, 0);
	close(fd);
	MUST(write(pair[0], &c, 1));
	end(child);
}

SCENARIO(accept_and_pass_on)
{
	pid_t server = start_server(pass_on);

	ask(connected());
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
	serve_with(accepted(fd));
}

SCENARIO(accept_on_dual_stack)
{
	pid_t server = start_server(serve_dual_stack);

	ask(connected());
	end(server);
}

static sigjmp_buf without_32_bit_calls;

static void on_fault(int number)
{
	(void)number;
	siglongjmp(without_32_bit_calls, 1);
}

/*
 * Through the 32-bit system call table, as an i386 program would. Not every machine has these calls: some kernels answer ENOSYS, and
 * some guests with encrypted memory get SIGSEGV.
 */
static long call32(long number, long a, long b, long c)
{
	long result;

	signal(SIGSEGV, on_fault);
	if (sigsetjmp(without_32_bit_calls, 1))
		return -ENOSYS;
	__asm__ volatile("push %%rbx; mov %2, %%rbx; int $0x80; pop %%rbx"
			 : "=a"(result)
			 : "a"(number), "r"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	signal(SIGSEGV, SIG_DFL);
	return result;
}

static void accept_32(void)
{
	enum { ACCEPT4 = 364 };
	long fd;

	listening = listener(8);
	reach(1);
	fd = call32(ACCEPT4, listening, 0, 0); /* flags is the esi register, which this call does not set: 0 in practice */
	if (fd < 0) {
		printf("unsupported\n");
		fd = accepted(listening);
	}
	serve_with(fd);
}

SCENARIO(accept_by_32_bit_call)
{
	pid_t server = start_server(accept_32);

	ask(connected());
	end(server);
}

/*
 * A connection that the recorder's hooks miss: the test removes the hooks between the first pause and the second. ARGUMENT says how the
 * connection ends: "reset" by the client, "reset in queue" by the client before accept(), else orderly.
 */
static bool ends_by(const char *how)
{
	return strcmp(scene.argument, how) == 0;
}

static void accept_unseen(void)
{
	int fd;

	listening = listener(8);
	reach(1);
	await(10);
	fd = accepted(listening);
	reach(11);
	await(12);
	if (!*scene.argument) {
		serve_with(fd);
		return;
	}
	say("server", fd, 0);
	close(fd);
}

SCENARIO(unseen_accept)
{
	pid_t server = start_server(accept_unseen);
	int fd = connected();

	if (ends_by("reset in queue"))
		go_by_reset(fd);
	pause_for_recorder();
	reach(10);
	await(11);
	pause_for_recorder();
	if (ends_by("reset"))
		go_by_reset(fd);
	reach(12);
	if (!*scene.argument)
		ask(fd);
	end(server);
}

static int unseen_filler;

static void accept_filler_first(void)
{
	int l = full_listener(&unseen_filler);

	reach(1);
	await(10);
	close(accepted(l));
	close(unseen_filler);
	serve_with(accepted(l));
}

SCENARIO(unseen_connect)
{
	pid_t server = start_server(accept_filler_first);
	int fd = client_socket();

	make_nonblocking(fd);
	if (try_connect(fd, scene.server_ip, board->port) != EINPROGRESS)
		fail("not in progress");
	pause_for_recorder();
	reach(10);
	if (wait_connected(fd))
		fail("connect");
	MUST(fcntl(fd, F_SETFL, 0));
	pause_for_recorder();
	ask(fd);
	end(server);
}
