/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Connections of every kind, made the same way on every kernel. Each end is a process, whose name tells the case and the end, so that
 * events can be compared line by line. Each step waits for the step before it, so that nothing depends on speed.
 *
 *	scenario           all cases but the next three
 *	scenario early     waits in accept(), and has connections to itself, before the recorder starts
 *	scenario late      connects to `early`
 *	scenario load      many connections that end while the server accepts them
 *	scenario few ...   runs a command with CAP_BPF and CAP_PERFMON only
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
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

/* A child process with the name `name`, which does not return to the caller's code */
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

/* Does not check the outcome: the events show it */
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

static void await_finish(int fd)
{
	char bytes[1024];

	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
}

/* Waits until the peer has acknowledged everything, including the FIN, or has reset the connection */
static void await_state(int fd, int state)
{
	struct tcp_info info;

	do {
		usleep(1000);
		must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){ sizeof(info) }) == 0, "TCP_INFO");
	} while (info.tcpi_state != state);
}

static void await_input(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	poll(&p, 1, -1);
}

/* Prints that this kernel does not support a case. The names of the case's processes begin with `what`. */
static void without(const char *what)
{
	fprintf(stderr, "without %s\n", what);
}

/* One connection: the server's end in one process, the client's in another */
static void pair_of(const char *name, const char *at, const char *to, int port, int server_protocol, int client_protocol,
		    action *server, action *client)
{
	char server_name[16], client_name[16];
	int listener = listening(at, port, server_protocol, 8), try = socket(AF_INET, SOCK_STREAM, client_protocol);
	pid_t accepting, calling;

	close(try);
	if (listener < 0 || try < 0) {
		close(listener);
		without(name);
		return;
	}
	snprintf(server_name, sizeof(server_name), "%s-server", name);
	snprintf(client_name, sizeof(client_name), "%s-client", name);
	/* odd ports use accept4(), even ports accept(): each has its own hook */
	accepting = CHILD(server_name, server(port % 2 ? accept4(listener, 0, 0, SOCK_CLOEXEC) : accept(listener, 0, 0)));
	calling = CHILD(client_name, client(connecting(to, port, client_protocol, 0)));
	close(listener);
	await(calling);
	await(accepting);
}

static void pair(const char *name, const char *at, const char *to, int port, int protocol, action *server, action *client)
{
	pair_of(name, at, to, port, protocol, protocol, server, client);
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

/* The reset comes after the peer's FIN: EPIPE instead of ECONNRESET */
static void finish_and_reset(int fd)
{
	receive_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	await_state(fd, 5); /* TCP_FIN_WAIT2 */
	reset_now(fd);
}

static void ask_until_reset(int fd)
{
	send_bytes(fd, SENT);
	await_state(fd, TCP_CLOSE);
	close(fd);
}

/* Reset after the client has closed its half */
static void half_closed_until_reset(int fd)
{
	send_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	await_state(fd, TCP_CLOSE);
	close(fd);
}

static void drain_and_reset(int fd)
{
	receive_bytes(fd, SENT);
	await_end(fd);
	reset_now(fd);
}

/* Sends more than fits into the buffers, after the client's FIN */
static void answer_much(int fd)
{
	await_finish(fd);
	for (int i = 0; i < 1000; i++)
		send_bytes(fd, 1000);
	close(fd);
}

static void ask_much(int fd)
{
	send_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	await_finish(fd);
	close(fd);
}

static void shut_down_unread(int fd)
{
	send_bytes(fd, SENT);
	shutdown(fd, SHUT_WR);
	await_input(fd);
	close(fd);
}

static void answer_and_await(int fd)
{
	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	await_state(fd, TCP_CLOSE);
	close(fd);
}

/* From now on the kernel drops the peer's segments */
static void grow_deaf(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &nothing };

	must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0, "SO_ATTACH_FILTER");
}

/* By now the peer has given up */
static void hear_again(int fd)
{
	usleep(3500 * 1000);
	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){ 0 }, sizeof(int));
	reset_now(fd);
}

static void grow_deaf_and_answer(int fd)
{
	receive_bytes(fd, SENT);
	grow_deaf(fd);
	send_bytes(fd, ANSWERED);
	hear_again(fd);
}

/* The peer's retransmissions would keep the connection alive */
static void answer_and_grow_deaf(int fd)
{
	struct tcp_info info;

	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	do {
		usleep(1000);
		must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){ sizeof(info) }) == 0, "TCP_INFO");
	} while (info.tcpi_unacked);
	grow_deaf(fd);
	hear_again(fd);
}

static void speak_to_the_deaf(int fd)
{
	int milliseconds = 500;

	send_bytes(fd, SENT);
	receive_bytes(fd, ANSWERED);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof(milliseconds));
	send_bytes(fd, SENT);
	await_end(fd);
	close(fd);
}

static void keep_alive(int fd)
{
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &one, sizeof(one));
	send_bytes(fd, SENT);
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

/* Reset by the peer before accept() */
static void dead_on_accept(void)
{
	int listener = listening("127.0.0.1", 7140, 0, 8);

	await(CHILD("dead-client", reset_now(connecting("127.0.0.1", 7140, 0, 0))));
	await(CHILD("dead-server", close(accept(listener, 0, 0))));
	close(listener);
}

/* Kills a socket as `ss -K` does; returns 0 or an errno */
static int destroy(int fd)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 what;
	} request = { .header = { .nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DESTROY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		      .what = { .sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .id.idiag_cookie = { -1, -1 } } };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} reply = {};
	struct sockaddr_in here, there;
	int netlink = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);

	getsockname(fd, (void *)&here, &(socklen_t){ sizeof(here) });
	getpeername(fd, (void *)&there, &(socklen_t){ sizeof(there) });
	request.what.id.idiag_sport = here.sin_port;
	request.what.id.idiag_dport = there.sin_port;
	request.what.id.idiag_src[0] = here.sin_addr.s_addr;
	request.what.id.idiag_dst[0] = there.sin_addr.s_addr;
	if (netlink < 0 || send(netlink, &request, sizeof(request), 0) < 0 || recv(netlink, &reply, sizeof(reply), 0) < 0)
		return errno;
	close(netlink);
	return -reply.error.error;
}

static void answer_and_destroy(int fd)
{
	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	await(CHILD("destroyer", must(destroy(fd) == 0, "SOCK_DESTROY")));
	close(fd);
}

static void destroyed(void)
{
	int listener = listening("127.0.0.1", 7151, 0, 8), status;
	pid_t trying = CHILD("destroyed-test", exit(destroy(connecting("127.0.0.1", 7151, 0, 0)) != 0));

	must(waitpid(trying, &status, 0) == trying, "waitpid");
	close(listener);
	if (status)
		without("destroyed");
	else
		pair("destroyed", "127.0.0.1", "127.0.0.1", 7152, 0, answer_and_destroy, ask_until_reset);
}

/* Closed by the peer before accept() */
static void gone_on_accept(void)
{
	int listener = listening("127.0.0.1", 7143, 0, 8);

	await(CHILD("gone-client", {
		int fd = connecting("127.0.0.1", 7143, 0, 0);

		send_bytes(fd, SENT);
		close(fd);
	}));
	await(CHILD("gone-server", {
		int fd = accept(listener, 0, 0);

		receive_bytes(fd, SENT);
		await_end(fd);
		close(fd);
	}));
	close(listener);
}

/* Workers that share one listener. Each accepts one connection. */
static void forked_workers(void)
{
	int listener = listening("127.0.0.1", 7144, 0, 8);

	for (int i = 0; i < 3; i++) {
		pid_t worker = CHILD("fork-worker", answer(accept(listener, 0, 0)));

		await(CHILD("fork-client", ask(connecting("127.0.0.1", 7144, 0, 0))));
		await(worker);
	}
	close(listener);
}

/* Workers with a listener each at the same port. The kernel chooses the worker. */
static void port_sharing_workers(void)
{
	pid_t workers[3];
	int ready[2];

	must(pipe(ready) == 0, "pipe");
	for (int i = 0; i < 3; i++)
		workers[i] = CHILD("port-worker", {
			struct sockaddr_storage at = address("127.0.0.1", 7145);
			int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
			must(bind(fd, (void *)&at, sizeof(at)) == 0 && listen(fd, 8) == 0, "listen");
			(void)!write(ready[1], "", 1);
			for (;;)
				answer(accept(fd, 0, 0));
		});
	for (int i = 0; i < 3; i++)
		(void)!read(ready[0], &(char){ 0 }, 1);
	for (int i = 0; i < 6; i++)
		await(CHILD("port-client", ask(connecting("127.0.0.1", 7145, 0, 0))));
	usleep(100 * 1000); /* the last of them closes */
	for (int i = 0; i < 3; i++) {
		kill(workers[i], SIGKILL);
		await(workers[i]);
	}
	close(ready[0]);
	close(ready[1]);
}

/* accept() by the 32-bit system call table. A separate process tries it first: a kernel without the table kills that process. */
static long accept_32(int listener)
{
	long result = 364; /* accept4 */

	__asm__ volatile("push %%rbx; mov %1, %%ebx; xor %%ecx, %%ecx; xor %%edx, %%edx; xor %%esi, %%esi; int $0x80; pop %%rbx"
			 : "+a"(result) : "r"(listener) : "memory", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11");
	return result;
}

static void accepted_by_32_bit_call(void)
{
	int listener, status;
	pid_t accepting = CHILD("32-bit-test", exit(accept_32(-1) == -EBADF ? 0 : 1));

	must(waitpid(accepting, &status, 0) == accepting, "waitpid");
	if (status) {
		without("32-bit");
		return;
	}
	listener = listening("127.0.0.1", 7146, 0, 8);
	accepting = CHILD("32-bit-server", answer(accept_32(listener)));
	await(CHILD("32-bit-client", ask(connecting("127.0.0.1", 7146, 0, 0))));
	await(accepting);
	close(listener);
}

/* accept() returns the connection only once it has data */
static void deferred_accept(void)
{
	int listener = listening("127.0.0.1", 7147, 0, 8), seconds = 5;
	pid_t accepting;

	setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	accepting = CHILD("defer-server", answer(accept(listener, 0, 0)));
	await(CHILD("defer-client", ask(connecting("127.0.0.1", 7147, 0, 0))));
	await(accepting);
	close(listener);
}

static int bound(int port)
{
	struct sockaddr_storage at = address("127.0.0.1", port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(fd, (void *)&at, sizeof(at)) == 0, "bind");
	return fd;
}

static void connect_to(int fd, int port)
{
	struct sockaddr_storage to = address("127.0.0.1", port);

	(void)!connect(fd, (void *)&to, sizeof(to));
}

/* A socket that connects to itself: SYN_SENT, SYN_RECV, ESTABLISHED */
static void with_itself(void)
{
	await(CHILD("itself", {
		int fd = bound(7148);

		connect_to(fd, 7148);
		send_bytes(fd, SENT);
		receive_bytes(fd, SENT);
		close(fd);
	}));
}

/* Two sockets with the same addresses: there is no free port for the second */
static void no_port(void)
{
	int listener = listening("127.0.0.1", 7149, 0, 8);

	await(CHILD("no-port", {
		int first = bound(7139);
		int second = bound(7139);

		connect_to(first, 7149);
		connect_to(second, 7149);
		close(second);
		reset_now(first);
	}));
	close(listener);
}

/* The server sends the descriptor to another process, which closes it after the server has closed its own */
static void pass_on(int fd)
{
	int ends[2];
	pid_t receiver;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec byte = { .iov_base = &(char){ 0 }, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	int copy = fd;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	receiver = CHILD("receiver", {
		close(fd);
		must(recvmsg(ends[1], &message, 0) == 1, "recvmsg");
		must(recv(ends[1], byte.iov_base, 1, 0) == 1, "recv");
		memcpy(&copy, CMSG_DATA(&control.header), sizeof(copy));
		ask(copy);
	});
	memcpy(CMSG_DATA(&control.header), &copy, sizeof(copy));
	must(sendmsg(ends[0], &message, 0) == 1, "sendmsg");
	close(fd);
	must(send(ends[0], byte.iov_base, 1, 0) == 1, "send");
	close(ends[0]);
	close(ends[1]);
	await(receiver);
}

/* The same socket is disconnected and connected again; nobody accepts */
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
	accepting = CHILD("fastopen2-srv", answer(accept(listener, 0, 0)));
	await(CHILD("fastopen2-cli", {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		int on = 1;

		setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
		connect_to(fd, 7142); /* waits for data */
		ask(fd);
	}));
	await(accepting);
	close(listener);
	await(CHILD("fastopen-unused", {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		int on = 1;

		setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on));
		connect_to(fd, 7142);
		close(fd);
	}));
	await(CHILD("fastopen-refuse", {
		struct sockaddr_storage to = address("127.0.0.1", 7142);
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		(void)!sendto(fd, "", 1, MSG_FASTOPEN, (void *)&to, sizeof(to));
		close(fd);
	}));
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

/* Nothing is sent: there is no route (documentation addresses), or the kernel refuses the address */
static void no_syn(void)
{
	await(CHILD("no-route", close(connecting("203.0.113.1", 7110, 0, 0))));
	await(CHILD("no-route6", close(connecting("2001:db8::1", 7111, 0, 0))));
	await(CHILD("broadcast", close(connecting("255.255.255.255", 7112, 0, 0))));
}

/* A listener with a full queue does not answer a SYN */
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
	await(CHILD("syn-retries", {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		int once = 1;

		setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &once, sizeof(once));
		connect_to(fd, 7120);
		close(fd);
	}));
	await(CHILD("disconnects", {
		struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
		int fd = connecting("127.0.0.1", 7120, 0, SOCK_NONBLOCK);

		(void)!connect(fd, &nowhere, sizeof(nowhere));
		close(fd);
	}));
	await(CHILD("shuts-down", {
		int fd = connecting("127.0.0.1", 7120, 0, SOCK_NONBLOCK);

		shutdown(fd, SHUT_RDWR);
		close(fd);
	}));
	await(CHILD("own-deadline", {
		struct timeval soon = { .tv_usec = 200 * 1000 };
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
		connect_to(fd, 7120);
		close(fd);
	}));
	close(listener); /* resets the connection in its queue */
	await(never_accepted);
}

static void *map_ring(int ring, size_t length, off_t offset)
{
	return mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, offset);
}

/* Makes one request with a new ring; returns the result, or -1 */
static int by_ring(struct io_uring_sqe request)
{
	struct io_uring_params params = {};
	int ring = syscall(__NR_io_uring_setup, 1, &params);
	char *queues, *completions;
	struct io_uring_sqe *entries;
	int result;

	if (ring < 0)
		return -1;
	queues = map_ring(ring, params.sq_off.array + params.sq_entries * sizeof(int), IORING_OFF_SQ_RING);
	completions = map_ring(ring, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	entries = map_ring(ring, params.sq_entries * sizeof(request), IORING_OFF_SQES);
	must(queues != MAP_FAILED && completions != MAP_FAILED && entries != MAP_FAILED, "io_uring");
	entries[0] = request;
	*(unsigned *)(queues + params.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(queues + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	must(syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) == 1, "io_uring_enter");
	result = ((struct io_uring_cqe *)(completions + params.cq_off.cqes))->res;
	close(ring);
	return result;
}

static int connecting_by_ring(const char *host, int port, int flags)
{
	struct sockaddr_storage to = address(host, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	by_ring((struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT,
		.flags = flags,
		.fd = fd,
		.addr = (long)&to,
		.off = sizeof(struct sockaddr_in),
	});
	return fd;
}

static int accept_multishot(int fd)
{
	return by_ring((struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .ioprio = IORING_ACCEPT_MULTISHOT, .fd = fd });
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
	/* in the process itself, and in a kernel worker for it */
	for (unsigned flags = 0; flags <= IOSQE_ASYNC; flags += IOSQE_ASYNC) {
		accepting = CHILD(flags ? "iou-wrk-server" : "io_uring-server",
				  answer(by_ring((struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .flags = flags, .fd = listener })));
		calling = CHILD(flags ? "iou-wrk-client" : "io_uring-client", ask(connecting_by_ring("127.0.0.1", 7130, flags)));
		await(calling);
		await(accepting);
	}
	accepting = CHILD("iou-close-serv", answer(accept(listener, 0, 0)));
	calling = CHILD("iou-close", {
		int fd = connecting("127.0.0.1", 7130, 0, 0);

		send_bytes(fd, SENT);
		receive_bytes(fd, ANSWERED);
		by_ring((struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .fd = fd });
	});
	await(calling);
	await(accepting);
	close(listener);
	await(CHILD("io_uring-refuse", close(connecting_by_ring("127.0.0.1", 7131, 0))));
	await(CHILD("iou-wrk-refuse", close(connecting_by_ring("127.0.0.1", 7131, IOSQE_ASYNC))));
	await(CHILD("io_uring-nosyn", close(connecting_by_ring("203.0.113.1", 7132, 0))));
	/* A multishot accept of a file that is not a socket tells whether the kernel supports it (5.19) */
	if (accept_multishot(0) == -ENOTSOCK) {
		listener = listening("127.0.0.1", 7133, 0, 8); /* a new listener: the request may accept for a while longer */
		accepting = CHILD("iou-multishot", answer(accept_multishot(listener)));
		calling = CHILD("iou-multi-clien", ask(connecting_by_ring("127.0.0.1", 7133, 0)));
		await(calling);
		await(accepting);
		close(listener);
	} else {
		without("iou-multi");
	}
}

static void early(void)
{
	int listener = listening("127.0.0.1", EARLY_PORT, 0, 8), mine, accepted, half, half_accepted, doomed, doomed_accepted, late;

	prctl(PR_SET_NAME, "early");
	mine = connecting("127.0.0.1", EARLY_PORT, 0, 0);
	accepted = accept(listener, 0, 0);
	half = connecting("127.0.0.1", EARLY_PORT, 0, 0);
	half_accepted = accept(listener, 0, 0);
	shutdown(half, SHUT_WR);
	await_end(half_accepted);
	doomed = connecting("::ffff:127.0.0.1", EARLY_PORT, 0, 0);
	doomed_accepted = accept(listener, 0, 0);
	late = accept(listener, 0, 0); /* waits from before the recorder starts */
	reset_now(doomed);
	await_state(doomed_accepted, TCP_CLOSE);
	close(doomed_accepted);
	close(half_accepted);
	await_end(half);
	close(half);
	send_bytes(mine, SENT);
	receive_bytes(accepted, SENT);
	close(mine);
	await_end(accepted);
	close(accepted);
	answer(late);
}

/* Once data is acknowledged there is a connection to accept; a reset that came earlier would leave none */
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
	int listener = listening("127.0.0.1", 7150, 0, 2 * WORKERS * EACH); /* room for all: one without room would never be accepted */
	pid_t workers[2 * WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		workers[2 * i] = CHILD("load-server", for (int j = 0; j < EACH; j++) close(accept(listener, 0, 0)));
		workers[2 * i + 1] = CHILD("load-client", for (int j = 0; j < EACH; j++) reset_when_acknowledged(connecting("127.0.0.1", 7150, 0, 0)));
	}
	for (int i = 0; i < 2 * WORKERS; i++)
		await(workers[i]);
}

static void with_two_capabilities(char **command)
{
	enum { PERFMON = 38, BPF = 39 };

	for (int capability = 0; capability < 64; capability++)
		if (capability != PERFMON && capability != BPF)
			prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* root then has no other capabilities after execve() */
	execvp(command[0], command);
	must(0, command[0]);
}

int main(int count, char **arguments)
{
	const char *v4 = "127.0.0.1", *v6 = "::1";
	const char *part = count > 1 ? arguments[1] : "";
	int port = 7200;

	if (!strcmp(part, "few"))
		with_two_capabilities(arguments + 2);
	for (int fd = 3; fd < 64; fd++) /* the same descriptor numbers in every run */
		close(fd);
	alarm(SECONDS);
	if (!*part) { /* the cases that need root */
		pair("deaf", v4, v4, port++, 0, grow_deaf_and_answer, speak_to_the_deaf);
		pair("alive", v4, v4, port++, 0, answer_and_grow_deaf, keep_alive);
		destroyed();
	}
	must(setgid(1235) == 0 && setuid(1234) == 0, "setuid");
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
	if (!strcmp(part, "ordinary"))
		return 0;
	pair("mapped", "::", "::ffff:127.0.0.1", port++, 0, answer, ask);
	pair("dual", "::", v4, port++, 0, answer, ask);
	pair("shutdown", v4, v4, port++, 0, answer, shut_down);
	pair("unread", v4, v4, port++, 0, close_unread, send_and_await);
	pair("reset", v4, v4, port++, 0, answer, reset);
	pair("exit", v4, v4, port++, 0, answer_and_exit, ask_and_await);
	pair("heir", v4, v4, port++, 0, answer, leave_to_heir);
	pair("killed", v4, v4, port++, 0, drain, killed);
	pair("unread6", v6, v6, port++, 0, close_unread, send_and_await);
	pair("reset6", v6, v6, port++, 0, answer, reset);
	pair("mappedreset", "::", "::ffff:127.0.0.1", port++, 0, answer, reset);
	pair("epipe", v4, v4, port++, 0, finish_and_reset, ask_until_reset);
	pair("halfreset", v4, v4, port++, 0, drain_and_reset, half_closed_until_reset);
	pair("halfunread", v4, v4, port++, 0, answer_and_await, shut_down_unread);
	pair("much", v4, v4, port++, 0, answer_much, ask_much);
	pair("passed", v4, v4, port++, 0, answer, pass_on);
	dead_on_accept();
	gone_on_accept();
	forked_workers();
	port_sharing_workers();
	accepted_by_32_bit_call();
	deferred_accept();
	with_itself();
	no_port();
	reconnected();
	fast_open();
	refused();
	no_syn();
	aborted();
	with_io_uring();
	pair("mptcp", v4, v4, port++, IPPROTO_MPTCP, answer, ask);
	pair("mptcprst", v4, v4, port++, IPPROTO_MPTCP, answer, reset);
	pair("mptcp6", v6, v6, port++, IPPROTO_MPTCP, answer, ask);
	pair("mptcpshut", v4, v4, port++, IPPROTO_MPTCP, answer, shut_down);
	pair("mptcpexit", v4, v4, port++, IPPROTO_MPTCP, answer_and_exit, ask_and_await);
	pair("mptcpkill", v4, v4, port++, IPPROTO_MPTCP, drain, killed);
	pair_of("mptcpplain", v4, v4, port++, IPPROTO_MPTCP, 0, answer, ask);
	pair_of("plainmptcp", v4, v4, port++, 0, IPPROTO_MPTCP, answer, ask);
	return 0;
}
