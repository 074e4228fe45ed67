/* SPDX-License-Identifier: MIT */
/* The end of a connection: who ends it, and how */
#include "scene.h"
#include <poll.h>

/*
 * The part of each end once `connected`. The server takes 3 bytes, gives 5, plays its part, tells, and closes. The client gives 3 and
 * takes 5.
 */
static void (*server_part)(int fd);

static void serve(void)
{
	int fd, l = listener(8);

	reach(1);
	fd = accepted(l);
	take(fd, 3);
	give(fd, 5);
	server_part(fd);
}

static int ask(void)
{
	int fd = connected();

	give(fd, 3);
	take(fd, 5);
	return fd;
}

static void tell_and_close(int fd)
{
	say("server", fd, 0);
	close(fd);
}

static void wait_for_end(int fd)
{
	take_end(fd);
	tell_and_close(fd);
}

/* A reset of MPTCP reaches the socket a little later, by a kernel worker */
static void await_reset(int fd)
{
	struct pollfd reset = { .fd = fd };

	poll(&reset, 1, 5000);
}

static void wait_for_error(int fd)
{
	char c;

	await(2);
	say("server", fd, 0);
	await_reset(fd);
	if (read(fd, &c, 1) >= 0)
		fail("no reset");
	close(fd);
}

static void wait_until_gone(int fd)
{
	await(2);
	milliseconds(50);
	tell_and_close(fd);
}

#define BETWEEN(part)                        \
	pid_t server;                        \
	int fd;                              \
	server_part = part;                  \
	server = start_server(serve);        \
	fd = ask()

SCENARIO(close_client_first)
{
	BETWEEN(wait_for_end);
	say("client", fd, 0);
	close(fd);
	end(server);
}

SCENARIO(close_server_first)
{
	BETWEEN(tell_and_close);
	take_end(fd);
	say("client", fd, 0);
	close(fd);
	end(server);
}

SCENARIO(close_after_shutdown)
{
	BETWEEN(wait_for_end);
	say("client", fd, 0);
	shutdown(fd, SHUT_RDWR);
	milliseconds(100);
	close(fd);
	end(server);
}

/* The client says that it has no more to send; the server still has much */
static void much(int fd)
{
	take_end(fd);
	milliseconds(50);
	give(fd, 1000000);
	tell_and_close(fd);
}

SCENARIO(close_half_then_data)
{
	BETWEEN(much);
	shutdown(fd, SHUT_WR);
	take(fd, 1000000);
	take_end(fd);
	say("client", fd, 0);
	close(fd);
	end(server);
}

/* ... and the client does not read it all: its close is a reset */
static void some(int fd)
{
	char c;

	take_end(fd);
	give(fd, 1000);
	reach(3);
	await(4);
	say("server", fd, 0);
	await_reset(fd);
	if (read(fd, &c, 1) >= 0 && send(fd, &c, 1, 0) >= 0)
		fail("no reset");
	close(fd);
}

SCENARIO(close_half_then_unread)
{
	BETWEEN(some);
	shutdown(fd, SHUT_WR);
	await(3);
	arrived(fd, 1000);
	say("client", fd, 0);
	close(fd);
	milliseconds(30);
	reach(4);
	end(server);
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
	say("client", fd, 0);
	close(fd);
	reach(3);
	pthread_join(thread, 0);
	end(server);
}

static void hold_longer(void)
{
	await(2);
	say("holder", held, 0);
	close(held);
}

SCENARIO(close_by_last_holder)
{
	BETWEEN(wait_for_end);
	pid_t holder;

	held = fd;
	holder = start("holder", hold_longer);
	say("client", fd, 0);
	close(fd);
	milliseconds(50);
	reach(2);
	end(holder);
	end(server);
}

static void leave_open(void)
{
	int fd = ask();

	say("client", fd, 0);
}

SCENARIO(close_by_exit)
{
	pid_t server, child;

	server_part = wait_for_end;
	server = start_server(serve);
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
	server = start_server(serve);
	child = start("client", wait_for_death);
	await(10);
	kill(child, SIGKILL);
	waitpid(child, 0, 0);
	end(server);
}

static void more(int fd)
{
	char c;

	give(fd, 4);
	reach(3);
	await(4);
	say("server", fd, 0);
	if (read(fd, &c, 1) >= 0)
		fail("no reset");
	close(fd);
}

SCENARIO(close_unread)
{
	BETWEEN(more);
	await(3);
	arrived(fd, 4);
	say("client", fd, 0);
	close(fd);
	milliseconds(30);
	reach(4);
	end(server);
}

SCENARIO(close_linger_zero)
{
	BETWEEN(wait_for_error);
	linger_zero(fd);
	say("client", fd, 0);
	close(fd);
	milliseconds(30);
	reach(2);
	end(server);
}

/* The peer had closed its half before: EPIPE rather than ECONNRESET */
static void half_then_reset(int fd)
{
	shutdown(fd, SHUT_WR);
	linger_zero(fd);
	await(2);
	tell_and_close(fd);
	reach(3);
}

SCENARIO(close_reset_after_half)
{
	BETWEEN(half_then_reset);
	take_end(fd);
	reach(2);
	await(3);
	milliseconds(30);
	say("client", fd, 0);
	close(fd);
	end(server);
}

/* The reset comes when the client has already closed */
static void reset_late(int fd)
{
	linger_zero(fd);
	await(2);
	milliseconds(30);
	tell_and_close(fd);
}

SCENARIO(close_then_reset)
{
	BETWEEN(reset_late);
	struct pollfd p = { fd, POLLHUP, 0 };

	say("client", fd, 0);
	shutdown(fd, SHUT_WR);
	reach(2);
	poll(&p, 1, 20000);
	close(fd);
	end(server);
}

/* The server drops every segment: retransmissions get no answer until TCP_USER_TIMEOUT */
static void go_deaf(int fd)
{
	drop_segments(fd);
	reach(3);
	await(4);
	accept_segments(fd);
	linger_zero(fd);
	tell_and_close(fd);
}

SCENARIO(close_by_retransmission_timeout)
{
	BETWEEN(go_deaf);
	unsigned patience = 500;
	struct pollfd p = { fd, POLLHUP, 0 };

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience)));
	await(3);
	give(fd, 100);
	poll(&p, 1, 20000);
	say("client", fd, 0);
	close(fd);
	reach(4);
	end(server);
}

SCENARIO(close_by_keepalive)
{
	BETWEEN(go_deaf);
	int on = 1, second = 1;
	struct pollfd p = { fd, POLLHUP, 0 };

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &second, sizeof(second)));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &second, sizeof(second)));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &second, sizeof(second)));
	MUST(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
	await(3);
	poll(&p, 1, 20000);
	say("client", fd, 0);
	close(fd);
	reach(4);
	end(server);
}

/* The server drops segments for a while. Retransmitted bytes count once. */
static void hard_of_hearing(int fd)
{
	drop_segments(fd);
	reach(3);
	milliseconds(700);
	accept_segments(fd);
	take(fd, 50000);
	wait_for_end(fd);
}

SCENARIO(close_after_retransmissions)
{
	BETWEEN(hard_of_hearing);
	await(3);
	give(fd, 50000);
	milliseconds(2000);
	say("client", fd, 0);
	close(fd);
	end(server);
}

/* Destroyed by an administrator: `ss -K` */
SCENARIO(close_by_administrator)
{
	BETWEEN(wait_for_error);
	char command[200];
	struct address a = { .length = sizeof(a.storage) };
	char c;

	MUST(getsockname(fd, (void *)&a.storage, &a.length));
	say("client", fd, 0);
	snprintf(command, sizeof(command), "ss -K -t sport = :%d dport = :%d >/dev/null",
		 ntohs(((struct sockaddr_in *)&a.storage)->sin_port), board->port);
	if (system(command))
		fail(command);
	if (read(fd, &c, 1) >= 0)
		fail("not killed");
	milliseconds(30);
	reach(2);
	close(fd);
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
	held = ask();
	say("client", held, 0);
	board->count = start("holder", outlive);
	await(10);
}

SCENARIO(close_by_exit_of_last_holder)
{
	pid_t server, child;

	server_part = wait_for_end;
	server = start_server(serve);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	child = start("client", connect_and_fork);
	end(child);
	reach(20);
	end(board->count);
	end(server);
}

/* The connection is older than the recorder */
SCENARIO(existing_both)
{
	BETWEEN(wait_for_end);
	pause_for_recorder();
	give(fd, 0);
	say("client", fd, 0);
	close(fd);
	end(server);
}

SCENARIO(existing_reset)
{
	BETWEEN(wait_for_error);
	pause_for_recorder();
	linger_zero(fd);
	say("client", fd, 0);
	close(fd);
	milliseconds(30);
	reach(2);
	end(server);
}

/* The peer has closed already when the recorder starts */
SCENARIO(existing_half_closed)
{
	BETWEEN(wait_until_gone);
	shutdown(fd, SHUT_WR);
	milliseconds(30);
	pause_for_recorder();
	reach(2);
	take_end(fd);
	say("client", fd, 0);
	close(fd);
	end(server);
}

static int filler;

static void serve_full(void)
{
	int fd, l = full_listener(&filler);

	reach(1);
	await(2);
	accepted(l);
	fd = accepted(l);
	take(fd, 3);
	say("server", fd, 0);
	take_end(fd);
	close(fd);
}

static int connecting(void)
{
	int fd = client_socket();

	make_nonblocking(fd);
	if (try_connect(fd, scene.server_ip, board->port) != EINPROGRESS)
		fail("connect");
	return fd;
}

SCENARIO(existing_connecting_then_ok)
{
	pid_t server = start_server(serve_full);
	int fd = connecting();

	pause_for_recorder();
	reach(2);
	if (wait_connected(fd))
		fail("connect");
	give(fd, 3);
	say("client", fd, 0);
	close(fd);
	end(server);
}

SCENARIO(existing_connecting_then_aborted)
{
	pid_t server = start_server(serve_full);
	int fd = connecting();

	pause_for_recorder();
	say_asked("client", fd, 0, scene.server_ip, board->port);
	close(fd);
	kill(server, SIGKILL);
	waitpid(server, 0, 0);
}

/* An MPTCP socket whose peer speaks plain TCP sends a FIN all the same */
static void more_and_wait(int fd)
{
	give(fd, 4);
	reach(3);
	take_end(fd);
	tell_and_close(fd);
}

SCENARIO(close_unread_fallen_back)
{
	BETWEEN(more_and_wait);
	await(3);
	arrived(fd, 4);
	say("client", fd, 0);
	close(fd);
	end(server);
}

static unsigned short checksum(const void *data, int bytes)
{
	const unsigned short *words = data;
	unsigned sum = 0;

	for (int i = 0; i < bytes / 2; i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static unsigned next_sequence(int fd)
{
	int on = 1, queue = 2 /* TCP_SEND_QUEUE */, off = -1 /* TCP_REPAIR_OFF_NO_WP */;
	unsigned sequence;
	socklen_t length = sizeof(sequence);

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)));
	MUST(getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &sequence, &length));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)));
	return sequence;
}

/* The message of a router that cannot reach the peer. With IP_RECVERR the socket keeps it as its error, and goes on. */
static void peer_said_unreachable(int fd)
{
	struct {
		unsigned char type, code;
		unsigned short sum;
		unsigned unused;
		unsigned char ip[20];
		unsigned short source, dest;
		unsigned sequence;
	} message = { .type = 3 /* destination unreachable */, .code = 1 /* host */, .ip = { 0x45, [8] = 64, IPPROTO_TCP } };
	struct sockaddr_in us, peer;
	socklen_t length = sizeof(us);
	int raw = MUST(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	struct pollfd p = { fd, 0, 0 };
	int on = 1;

	MUST(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)));
	MUST(getsockname(fd, (void *)&us, &length));
	MUST(getpeername(fd, (void *)&peer, &length));
	memcpy(message.ip + 12, &us.sin_addr, 4);
	memcpy(message.ip + 16, &peer.sin_addr, 4);
	message.source = us.sin_port;
	message.dest = peer.sin_port;
	message.sequence = htonl(next_sequence(fd));
	message.sum = checksum(&message, sizeof(message));
	us.sin_port = 0;
	MUST(sendto(raw, &message, sizeof(message), 0, (void *)&us, sizeof(us)));
	close(raw);
	if (poll(&p, 1, 1000) != 1 || !(p.revents & POLLERR))
		fail("no error");
}

SCENARIO(close_with_unread_error)
{
	BETWEEN(wait_for_end);
	peer_said_unreachable(fd);
	say("client", fd, 0);
	close(fd);
	end(server);
}

SCENARIO(close_second_with_unread_error)
{
	BETWEEN(tell_and_close);
	peer_said_unreachable(fd);
	milliseconds(30);
	say("client", fd, 0);
	close(fd);
	end(server);
}

SCENARIO(close_linger_zero_with_unread_error)
{
	BETWEEN(wait_for_error);
	peer_said_unreachable(fd);
	linger_zero(fd);
	say("client", fd, 0);
	close(fd);
	milliseconds(30);
	reach(2);
	end(server);
}

/* As when CRIU moves a connection to another machine: nothing is sent. Nobody answers the server's FIN. */
SCENARIO(close_in_repair)
{
	BETWEEN(wait_until_gone);
	int on = 1;

	say("client", fd, 0);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)));
	close(fd);
	reach(2);
	end(server);
}

/* Connects of this namespace that failed */
static long failed_attempts(void)
{
	static const char column[] = "AttemptFails";
	char names[2048], values[2048];
	long value = -1;
	FILE *f = fopen("/proc/thread-self/net/snmp", "r");

	while (f && value < 0 && fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		char *name, *number, *rest_of_names = names, *rest_of_values = values;

		if (strncmp(names, "Tcp:", 4))
			continue;
		while ((name = strtok_r(0, " \n", &rest_of_names)) && (number = strtok_r(0, " \n", &rest_of_values)))
			if (!strcmp(name, column))
				value = atol(number);
	}
	if (f)
		fclose(f);
	if (value < 0)
		fail(column);
	return value;
}

/*
 * The test makes the server announce an address at which nobody listens. The kernel tries a second path to it, which is refused; the first
 * path carries the connection.
 */
static void until_path_is_refused(long before)
{
	for (int i = 0; failed_attempts() == before; i++) {
		if (i == 200)
			fail("no path was refused");
		milliseconds(10);
	}
	milliseconds(50);
}

SCENARIO(close_after_refused_path)
{
	long before = failed_attempts();
	BETWEEN(wait_for_end);
	until_path_is_refused(before);
	say("client", fd, 0);
	close(fd);
	end(server);
}

SCENARIO(close_linger_zero_after_refused_path)
{
	long before = failed_attempts();
	BETWEEN(wait_for_error);
	until_path_is_refused(before);
	linger_zero(fd);
	say("client", fd, 0);
	close(fd);
	milliseconds(30);
	reach(2);
	end(server);
}
