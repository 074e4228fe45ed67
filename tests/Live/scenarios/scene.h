/* SPDX-License-Identifier: MIT */
/*
 * The stage for the scenarios: a client and a server, each a process in its own network namespace. Each tells on standard output what it
 * knows of its sockets. The tests compare that with tcptracer's events. The scenarios do not know tcptracer.
 */
#pragma once

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/tcp.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* The command line */
struct scene {
	const char *kind; /* v4, v6, mapped, mptcp4, mptcp6, mptcp-listener, mptcp-client */
	bool v6; /* sockets are AF_INET6 (v6, mapped, mptcp6) */
	bool mapped; /* ... but the addresses are ::ffff:a.b.c.d */
	bool client_mptcp, server_mptcp;
	const char *client_ns, *server_ns; /* paths; - : stay */
	const char *client_ip, *server_ip, *nobody_ip; /* nobody_ip: no route leads there */
	const char *argument; /* the scenario's own */
};
extern struct scene scene;

/* Shared by all processes of a scene */
struct board {
	_Atomic int port;
	_Atomic int step;
	_Atomic int count;
	_Atomic int wire;
};
extern struct board *board;

struct scenario {
	const char *name;
	void (*play)(void);
	struct scenario *next;
};
extern struct scenario *scenarios;

#define SCENARIO(id)                                                            \
	static void id(void);                                                   \
	__attribute__((constructor)) static void announce_##id(void)            \
	{                                                                       \
		static struct scenario s = { #id, id, 0 };                      \
		s.next = scenarios;                                             \
		scenarios = &s;                                                 \
	}                                                                       \
	static void id(void)

/*
 * Processes and their order. A scenario begins as the process `client` in the client's namespace. start() starts a child in this namespace;
 * start_server() starts one in the server's namespace, with the comm `server`, and returns once it has called reach(1).
 */
pid_t start(const char *comm, void (*play)(void));
pid_t start_server(void (*play)(void));
void end(pid_t child); /* waits for the child */
void reach(int step); /* tells all processes that this step is reached */
void await(int step); /* waits until the step is reached */
void enter(const char *ns);
void pause_for_recorder(void); /* tells the test, and waits until the test has started the recorder or has done its step */
void milliseconds(int n);
void write_file(const char *path, const char *text);
void run(const char *command);

/* Lays another wire between the two hosts, with other addresses. board->wire says how it changes packets. */
enum wire { WIRE_WHOLE, WIRE_CUT, WIRE_WITHOUT_MPTCP /* but for the SYNs */, WIRE_SPOILS_ONE /* segment with data */ };
void lay_wire(void);

/* Sockets. A failure that the scenario does not expect ends it. */
struct address {
	struct sockaddr_storage storage;
	socklen_t length;
};
struct address address_of(const char *ip, int port);
int client_socket(void);
int bound_client(void); /* a socket that still knows its own port when the connect has failed */
int nonblocking_client(void); /* ... and whose connect does not wait */
int local_port(int fd);
int listener(int backlog); /* on the server's address, at a port that goes to the board */
int full_listener(int *filler); /* a listener with a full queue: the SYN of the next client gets no answer */
int try_connect(int fd, const char *ip, int port); /* 0 or an errno */
int connected(void); /* a new client socket, connected to the server */
int connecting(void); /* ... or not yet: the connect is in progress */
int accepted(int listening);
void make_nonblocking(int fd);
int wait_connected(int fd); /* SO_ERROR once it is writable */
void give(int fd, int bytes);
void take(int fd, int bytes);
void take_end(int fd); /* reads the end of stream */
void arrived(int fd, int bytes); /* notes that the kernel has this many bytes that nobody has read */
void counts(int fd, int sent); /* notes bytes that were sent without give() */
/* Takes the numbers of bytes from the kernel, which may not have sent all written bytes yet; returns the number sent */
unsigned long counts_of_kernel(int fd);
void disconnect(int fd); /* by connect() to AF_UNSPEC */
void linger_zero(int fd); /* its close is a reset */
void keep_alive(int fd); /* probes the peer after a second, and gives it up after another */
void drop_segments(int fd); /* from now on the kernel drops every segment for this socket */
void accept_segments(int fd); /* ends drop_segments() */
void kill_sockets(char table, const char *comparison, int port); /* `ss -K`, of MPTCP sockets (M) or TCP ones (t) */

/*
 * Prints `who key=value ...`: what this task knows of itself and of the socket. Call it before the close, when the numbers of bytes are
 * final. After a failed connect the socket has no peer address: say_asked() takes it from its arguments.
 */
void say(const char *who, int fd, int error);
void say_asked(const char *who, int fd, int error, const char *ip, int port);
void fail(const char *what) __attribute__((noreturn));
#define MUST(call)                                                              \
	({                                                                      \
		__typeof__(call) r_ = (call);                                   \
		if (r_ < 0)                                                     \
			fail(#call);                                            \
		r_;                                                             \
	})
