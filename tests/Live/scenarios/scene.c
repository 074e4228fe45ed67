/* SPDX-License-Identifier: MIT */
#include "scene.h"
#include <linux/filter.h>
#include <stdarg.h>

struct scene scene;
struct board *board;
struct scenario *scenarios;

void fail(const char *what)
{
	fprintf(stderr, "%s (%s): %s: %s\n", program_invocation_short_name, scene.kind, what, strerror(errno));
	_exit(99);
}

void milliseconds(int n)
{
	poll(0, 0, n);
}

void write_file(const char *path, const char *text)
{
	int fd = MUST(open(path, O_WRONLY));

	MUST(write(fd, text, strlen(text)));
	close(fd);
}

void enter(const char *ns)
{
	int fd;

	if (!strcmp(ns, "-"))
		return;
	fd = MUST(open(ns, O_RDONLY | O_CLOEXEC));
	MUST(setns(fd, CLONE_NEWNET));
	close(fd);
}

void reach(int step)
{
	board->step = step;
}

void await(int step)
{
	for (int i = 0; board->step < step; i++) {
		if (i > 20000) {
			errno = ETIMEDOUT;
			fail("await");
		}
		milliseconds(1);
	}
}

void pause_for_recorder(void)
{
	char c;

	printf("ready\n");
	fflush(stdout);
	while (read(0, &c, 1) == 1 && c != '\n')
		;
}

pid_t start(const char *comm, void (*play)(void))
{
	pid_t child;

	fflush(stdout);
	child = MUST(fork());
	if (child)
		return child;
	prctl(PR_SET_NAME, comm);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	play();
	fflush(stdout);
	_exit(0);
}

static void (*server_play)(void);

static void play_server(void)
{
	enter(scene.server_ns);
	server_play();
}

pid_t start_server(void (*play)(void))
{
	pid_t child;

	server_play = play;
	child = start("server", play_server);
	await(1);
	return child;
}

void end(pid_t child)
{
	int status;

	MUST(waitpid(child, &status, 0));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
		_exit(99);
}

struct address address_of(const char *ip, int port)
{
	struct address a = {};
	struct sockaddr_in *v4 = (void *)&a.storage;
	struct sockaddr_in6 *v6 = (void *)&a.storage;
	char text[64];

	if (scene.v6) {
		snprintf(text, sizeof(text), "%s%s", scene.mapped ? "::ffff:" : "", ip);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		a.length = sizeof(*v6);
		if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
			fail(text);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		a.length = sizeof(*v4);
		if (inet_pton(AF_INET, ip, &v4->sin_addr) != 1)
			fail(ip);
	}
	return a;
}

static int new_socket(bool mptcp)
{
	return MUST(socket(scene.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, mptcp ? IPPROTO_MPTCP : 0));
}

int client_socket(void)
{
	return new_socket(scene.client_mptcp);
}

int listener(int backlog)
{
	int fd = new_socket(scene.server_mptcp);
	int on = 1;
	struct address a = address_of(scene.server_ip, board->port);

	MUST(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
	MUST(bind(fd, (void *)&a.storage, a.length));
	MUST(listen(fd, backlog));
	MUST(getsockname(fd, (void *)&a.storage, &a.length));
	board->port = ntohs(((struct sockaddr_in *)&a.storage)->sin_port); /* at the same place in sockaddr_in6 */
	return fd;
}

/* A queue of length 0 holds one connection. The kernel drops a SYN if the queue is full. */
int full_listener(int *filler)
{
	int fd = listener(0);

	*filler = client_socket();
	if (try_connect(*filler, scene.server_ip, board->port))
		fail("filler");
	say("filler", *filler, 0);
	return fd;
}

static struct {
	char local[64], remote[64];
	int sport, dport;
} ends[4096];

static int end_of(int (*get_name)(int, struct sockaddr *, socklen_t *), int fd, char *ip, size_t size)
{
	struct address a = { .length = sizeof(a.storage) };
	struct sockaddr_in *v4 = (void *)&a.storage;
	struct sockaddr_in6 *v6 = (void *)&a.storage;

	snprintf(ip, size, "-");
	if (get_name(fd, (void *)&a.storage, &a.length))
		return 0;
	if (a.storage.ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, ip, size);
	else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], ip, size);
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, ip, size);
	return ntohs(v4->sin_port);
}

/* Notes the addresses of both ends: a socket forgets its peer when the connection is over */
static void remember(int fd)
{
	int dport = end_of(getpeername, fd, ends[fd].remote, sizeof(ends[fd].remote));

	if (dport)
		ends[fd].dport = dport;
	ends[fd].sport = end_of(getsockname, fd, ends[fd].local, sizeof(ends[fd].local));
}

int try_connect(int fd, const char *ip, int port)
{
	struct address a = address_of(ip, port);

	int error = connect(fd, (void *)&a.storage, a.length) ? errno : 0;

	if (!error)
		remember(fd);
	return error;
}

int connected(void)
{
	int fd = client_socket();

	errno = try_connect(fd, scene.server_ip, board->port);
	if (errno)
		fail("connect");
	return fd;
}

int accepted(int listening)
{
	int fd = MUST(accept(listening, 0, 0));

	remember(fd);
	return fd;
}

void make_nonblocking(int fd)
{
	MUST(fcntl(fd, F_SETFL, O_NONBLOCK));
}

int wait_connected(int fd)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	int error = 0;
	socklen_t length = sizeof(error);

	if (poll(&p, 1, 10000) != 1)
		fail("poll");
	MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
	return error;
}

static struct {
	long sent, received;
} moved[4096];

void give(int fd, int bytes)
{
	char block[65536] = {};

	for (int done = 0, n; done < bytes; done += n) {
		n = MUST(send(fd, block, bytes - done < (int)sizeof(block) ? bytes - done : (int)sizeof(block), MSG_NOSIGNAL));
		moved[fd].sent += n;
	}
}

void take(int fd, int bytes)
{
	char block[65536];

	for (int done = 0, n; done < bytes; done += n) {
		n = MUST(read(fd, block, bytes - done < (int)sizeof(block) ? bytes - done : (int)sizeof(block)));
		if (!n) {
			errno = EPIPE;
			fail("take");
		}
		moved[fd].received += n;
	}
}

void take_end(int fd)
{
	char c;

	if (MUST(read(fd, &c, 1)) != 0)
		fail("take_end");
}

void arrived(int fd, int bytes)
{
	char block[4096];

	for (int i = 0; recv(fd, block, sizeof(block), MSG_PEEK | MSG_DONTWAIT) != bytes; i++) {
		if (i > 5000)
			fail("arrived");
		milliseconds(1);
	}
	moved[fd].received += bytes;
}

void counts(int fd, int sent)
{
	moved[fd].sent += sent;
}

unsigned long counts_of_kernel(int fd)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	MUST(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
	moved[fd].sent = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
	/* In CLOSE_WAIT (8) and LAST_ACK (9) the kernel has counted the peer's FIN as a byte */
	moved[fd].received = info.tcpi_bytes_received - (info.tcpi_state == 8 || info.tcpi_state == 9);
	return moved[fd].sent;
}

void linger_zero(int fd)
{
	struct linger l = { 1, 0 };

	MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

void drop_segments(int fd)
{
	struct sock_filter nothing[] = { { BPF_RET | BPF_K, 0, 0, 0 } };
	struct sock_fprog program = { 1, nothing };

	MUST(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
}

void accept_segments(int fd)
{
	int unused = 0;

	MUST(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)));
}

static unsigned long inode(const char *path)
{
	struct stat s;

	return stat(path, &s) ? 0 : s.st_ino;
}

/*
 * The inode of this thread's cgroup directory. Its line in /proc/thread-self/cgroup contains `line`; the hierarchy is mounted at `mount`
 * or `or_mount`.
 */
static unsigned long cgroup(const char *line, const char *mount, const char *or_mount)
{
	char text[512], path[1024];
	unsigned long id = 0;
	FILE *f = fopen("/proc/thread-self/cgroup", "r");

	while (f && fgets(text, sizeof(text), f)) {
		char *at = strstr(text, line);

		if (!at)
			continue;
		text[strcspn(text, "\n")] = 0;
		snprintf(path, sizeof(path), "%s%s", mount, at + strlen(line));
		id = inode(path);
		snprintf(path, sizeof(path), "%s%s", or_mount, at + strlen(line));
		id = id ? id : inode(path);
	}
	if (f)
		fclose(f);
	return id;
}

static void read_comm(const char *path, char *comm, size_t size)
{
	FILE *f = fopen(path, "r");

	comm[0] = 0;
	if (f && fgets(comm, size, f))
		comm[strcspn(comm, "\n")] = 0;
	if (f)
		fclose(f);
}

void say_asked(const char *who, int fd, int error, const char *ip, int port)
{
	char comm[64], parent_comm[64], path[64], local[64], remote[64];
	struct tcp_info info = {};
	socklen_t length = sizeof(info);
	int protocol = 0;
	int sport = end_of(getsockname, fd, local, sizeof(local));
	int dport = end_of(getpeername, fd, remote, sizeof(remote));

	if (!dport && !ip && ends[fd].dport) {
		dport = ends[fd].dport;
		sport = ends[fd].sport;
		strcpy(local, ends[fd].local);
		strcpy(remote, ends[fd].remote);
	}
	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
	length = sizeof(protocol);
	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length);
	read_comm("/proc/self/comm", comm, sizeof(comm));
	snprintf(path, sizeof(path), "/proc/%d/comm", getppid());
	read_comm(path, parent_comm, sizeof(parent_comm));
	printf("%s pid=%d tid=%ld comm=%s uid=%d gid=%d ppid=%d pcomm=%s fd=%d saddr=%s sport=%d daddr=%s dport=%d errno=%d sent=%ld received=%ld "
	       "retransmits=%u rtt=%u mptcp=%d netns=%lu mntns=%lu cgroup=%lu cgroup_v1=%lu\n",
	       who, getpid(), syscall(SYS_gettid), comm, getuid(), getgid(), getppid(), parent_comm, fd, local, sport,
	       ip ? ip : remote, ip ? port : dport, error, moved[fd].sent, moved[fd].received, info.tcpi_total_retrans, info.tcpi_rtt,
	       protocol == IPPROTO_MPTCP, inode("/proc/thread-self/ns/net"), inode("/proc/thread-self/ns/mnt"),
	       cgroup("0::", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"), cgroup(":memory:", "/sys/fs/cgroup/memory", "/nowhere"));
	fflush(stdout);
	moved[fd].sent = moved[fd].received = 0; /* the next connection of this descriptor begins at 0 */
}

void say(const char *who, int fd, int error)
{
	say_asked(who, fd, error, 0, 0);
}
