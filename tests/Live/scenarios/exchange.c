/* SPDX-License-Identifier: MIT */
/* The ordinary exchange of bytes between client and server */
#include "exchange.h"

void ask(int fd)
{
	give(fd, 3);
	take(fd, 5);
}

int asked(void)
{
	int fd = connected();

	ask(fd);
	return fd;
}

void tell_and_close(const char *who, int fd)
{
	say(who, fd, 0);
	close(fd);
}

void ask_and_close(int fd)
{
	ask(fd);
	tell_and_close("client", fd);
}

void finish(int fd, pid_t server)
{
	tell_and_close("client", fd);
	end(server);
}

void finish_by_reset(int fd, pid_t server)
{
	linger_zero(fd);
	tell_and_close("client", fd);
	milliseconds(30);
	reach(2);
	end(server);
}

void go_by_reset(int fd)
{
	linger_zero(fd);
	tell_and_close("client", fd);
	milliseconds(50);
}

void answer(int fd)
{
	take(fd, 3);
	give(fd, 5);
}

void answer_and_close(int fd)
{
	answer(fd);
	take_end(fd);
	tell_and_close("server", fd);
}

void serve_one(void)
{
	int l = listener(8);

	reach(1);
	answer_and_close(accepted(l));
}

int accepted_at(int step)
{
	int l = listener(8);

	reach(1);
	await(step);
	return accepted(l);
}
