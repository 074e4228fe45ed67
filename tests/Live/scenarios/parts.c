/* SPDX-License-Identifier: MIT */
/* Parts that several scenes give the server */
#include "parts.h"

void (*server_part)(int fd);

void serve_part(void)
{
	int fd, l = listener(8);

	reach(1);
	fd = accepted(l);
	answer(fd);
	server_part(fd);
}

void close_at_once(int fd)
{
	tell_and_close("server", fd);
}

void wait_for_end(int fd)
{
	take_end(fd);
	tell_and_close("server", fd);
}

void await_reset(int fd)
{
	struct pollfd reset = { .fd = fd };

	poll(&reset, 1, 5000);
}

void wait_for_error(int fd)
{
	char c;

	await(2);
	say("server", fd, 0);
	await_reset(fd);
	if (read(fd, &c, 1) >= 0)
		fail("no reset");
	close(fd);
}

void wait_until_gone(int fd)
{
	await(2);
	milliseconds(50);
	tell_and_close("server", fd);
}
