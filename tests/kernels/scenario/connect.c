/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connect() that fails at once, that is repeated, and that reaches the socket itself */
#include "process.h"
#include "socket.h"
#include "cases.h"

/* A socket that connects to itself: SYN_SENT, SYN_RECV, ESTABLISHED */
void with_itself(void)
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
void no_port(void)
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

/* The same socket is disconnected and connected again; nobody accepts */
void reconnected(void)
{
	int listener = listening("127.0.0.1", 7141, 0, 8);

	await(CHILD("reconnects", {
		int fd = connecting("127.0.0.1", 7141, 0, 0);

		disconnect(fd);
		connect_to(fd, 7141);
		reset_now(fd);
	}));
	close(listener);
}

void refused(void)
{
	await(CHILD("refused", close(connecting("127.0.0.1", 7100, 0, 0))));
	await(CHILD("refused6", close(connecting("::1", 7101, 0, 0))));
	await(CHILD("refused-twice", {
		int fd = connecting("127.0.0.1", 7102, 0, 0);

		connect_to(fd, 7102);
		close(fd);
	}));
}

/* Nothing is sent: there is no route (documentation addresses), or the kernel refuses the address */
void no_syn(void)
{
	await(CHILD("no-route", close(connecting("203.0.113.1", 7110, 0, 0))));
	await(CHILD("no-route6", close(connecting("2001:db8::1", 7111, 0, 0))));
	await(CHILD("broadcast", close(connecting("255.255.255.255", 7112, 0, 0))));
}
