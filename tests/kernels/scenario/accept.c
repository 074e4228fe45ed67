/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* accept() after the client has ended the connection, or only once it has data */
#include "process.h"
#include "socket.h"
#include "ends.h"
#include "cases.h"

/* Reset by the peer before accept() */
void dead_on_accept(void)
{
	int listener = listening("127.0.0.1", 7140, 0, 8);

	await(CHILD("dead-client", reset_now(connecting("127.0.0.1", 7140, 0, 0))));
	await(CHILD("dead-server", close(accept(listener, 0, 0))));
	close(listener);
}

/* Closed by the peer before accept() */
void gone_on_accept(void)
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

/* accept() returns the connection only once it has data */
void deferred_accept(void)
{
	int listener = listening("127.0.0.1", 7147, 0, 8), seconds = 5;
	pid_t accepting;

	setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	accepting = CHILD("defer-server", answer(accept(listener, 0, 0)));
	await(CHILD("defer-client", ask(connecting("127.0.0.1", 7147, 0, 0))));
	await(accepting);
	close(listener);
}
