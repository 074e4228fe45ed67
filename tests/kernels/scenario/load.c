/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Many connections that end while the server accepts them */
#include "process.h"
#include "socket.h"
#include "cases.h"
#include <sched.h>

/* Once data is acknowledged there is a connection to accept; a reset that came earlier would leave none */
static void reset_when_acknowledged(int fd)
{
	struct tcp_info info;

	send_bytes(fd, 1);
	do {
		sched_yield();
		info = info_of(fd);
	} while (info.tcpi_state == TCP_ESTABLISHED && info.tcpi_unacked);
	reset_now(fd);
}

void load(void)
{
	enum { WORKERS = 2, EACH = 1000 };
	int listener = listening("127.0.0.1", 7150, 0, 2 * WORKERS * EACH); /* room for all: one without room would never be accepted */
	pid_t workers[2 * WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		workers[2 * i] = CHILD("load-server", for (int j = 0; j < EACH; j++) close(accept(listener, 0, 0)));
		workers[2 * i + 1] = CHILD("load-client", for (int j = 0; j < EACH; j++) reset_when_acknowledged(connecting("127.0.0.1", 7150, 0, 0)));
	}
	for (int i = 0; i < 2 * WORKERS; i++)
		await(workers[i]);
}
