/* SPDX-License-Identifier: MIT */
/* Connections that the hooks miss: the test removes the hooks between the first pause and the second */
#include "exchange.h"

/* ARGUMENT says how the connection ends: "reset" by the client, "reset in queue" by the client before accept(), else orderly */
static bool ends_by(const char *how)
{
	return strcmp(scene.argument, how) == 0;
}

static void accept_unseen(void)
{
	int fd = accepted_at(10);

	reach(11);
	await(12);
	if (!*scene.argument) {
		answer_and_close(fd);
		return;
	}
	tell_and_close("server", fd);
}

SCENARIO(unseen_accept)
{
	pid_t server = start_server(accept_unseen);
	int fd = connected();

	if (ends_by("reset in queue"))
		go_by_reset(fd);
	pause_for_recorder();
	reach(10);
	await(11);
	pause_for_recorder();
	if (ends_by("reset"))
		go_by_reset(fd);
	reach(12);
	if (!*scene.argument)
		ask_and_close(fd);
	end(server);
}

static void accept_filler_first(void)
{
	int filler, l = full_listener(&filler);

	reach(1);
	await(10);
	close(accepted(l));
	close(filler);
	answer_and_close(accepted(l));
}

SCENARIO(unseen_connect)
{
	pid_t server = start_server(accept_filler_first);
	int fd = connecting();

	pause_for_recorder();
	reach(10);
	if (wait_connected(fd))
		fail("connect");
	MUST(fcntl(fd, F_SETFL, 0));
	pause_for_recorder();
	ask_and_close(fd);
	end(server);
}
