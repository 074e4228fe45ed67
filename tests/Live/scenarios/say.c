/* SPDX-License-Identifier: MIT */
/* What a process says of itself and of its socket */
#include "notes.h"

struct notes notes[4096];

int end_of(int (*get_name)(int, struct sockaddr *, socklen_t *), int fd, char *ip, size_t size)
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

	if (!dport && !ip && notes[fd].dport) {
		dport = notes[fd].dport;
		sport = notes[fd].sport;
		strcpy(local, notes[fd].local);
		strcpy(remote, notes[fd].remote);
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
	       ip ? ip : remote, ip ? port : dport, error, notes[fd].sent, notes[fd].received, info.tcpi_total_retrans, info.tcpi_rtt,
	       protocol == IPPROTO_MPTCP, inode("/proc/thread-self/ns/net"), inode("/proc/thread-self/ns/mnt"),
	       cgroup("0::", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"), cgroup(":memory:", "/sys/fs/cgroup/memory", "/nowhere"));
	fflush(stdout);
	notes[fd].sent = notes[fd].received = 0; /* the next connection of this descriptor begins at 0 */
}

void say(const char *who, int fd, int error)
{
	say_asked(who, fd, error, 0, 0);
}
