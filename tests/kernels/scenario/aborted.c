/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Connects that get no answer, and are given up */
#include "process.h"
#include "socket.h"
#include "cases.h"

/* A listener with a full queue does not answer a SYN */
void aborted(void)
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
		int fd = socket(AF_INET, SOCK_STREAM, 0), milliseconds = 500;

		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof(milliseconds));
		connect_to(fd, 7120);
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
		int fd = connecting("127.0.0.1", 7120, 0, SOCK_NONBLOCK);

		disconnect(fd);
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
