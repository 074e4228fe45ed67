/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Several processes that accept connections of one port */
#include "process.h"
#include "socket.h"
#include "ends.h"
#include "cases.h"

/* Workers that share one listener. Each accepts one connection. */
void forked_workers(void)
{
	int listener = listening("127.0.0.1", 7144, 0, 8);

	for (int i = 0; i < 3; i++) {
		pid_t worker = CHILD("fork-worker", answer(accept(listener, 0, 0)));

		await(CHILD("fork-client", ask(connecting("127.0.0.1", 7144, 0, 0))));
		await(worker);
	}
	close(listener);
}

/* Workers with a listener each at the same port. The kernel chooses the worker. */
void port_sharing_workers(void)
{
	pid_t workers[3];
	int ready[2];

	must(pipe(ready) == 0, "pipe");
	for (int i = 0; i < 3; i++)
		workers[i] = CHILD("port-worker", {
			struct sockaddr_storage at = address("127.0.0.1", 7145);
			int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
			must(bind(fd, (void *)&at, sizeof(at)) == 0 && listen(fd, 8) == 0, "listen");
			(void)!write(ready[1], "", 1);
			for (;;)
				answer(accept(fd, 0, 0));
		});
	for (int i = 0; i < 3; i++)
		(void)!read(ready[0], &(char){ 0 }, 1);
	for (int i = 0; i < 6; i++)
		await(CHILD("port-client", ask(connecting("127.0.0.1", 7145, 0, 0))));
	usleep(100 * 1000); /* the last of them closes */
	for (int i = 0; i < 3; i++) {
		kill(workers[i], SIGKILL);
		await(workers[i]);
	}
	close(ready[0]);
	close(ready[1]);
}
