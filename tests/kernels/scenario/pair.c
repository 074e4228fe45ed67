/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* One connection: the server's end in one process, the client's in another */
#include "process.h"
#include "socket.h"
#include "ends.h"

void pair_of(const char *name, const char *at, const char *to, int port, int server_protocol, int client_protocol,
		    action *server, action *client)
{
	char server_name[16], client_name[16];
	int listener = listening(at, port, server_protocol, 8), try = socket(AF_INET, SOCK_STREAM, client_protocol);
	pid_t accepting, calling;

	close(try);
	if (listener < 0 || try < 0) {
		close(listener);
		without(name);
		return;
	}
	snprintf(server_name, sizeof(server_name), "%s-server", name);
	snprintf(client_name, sizeof(client_name), "%s-client", name);
	/* odd ports use accept4(), even ports accept(): each has its own hook */
	accepting = CHILD(server_name, server(port % 2 ? accept4(listener, 0, 0, SOCK_CLOEXEC) : accept(listener, 0, 0)));
	calling = CHILD(client_name, client(connecting(to, port, client_protocol, 0)));
	close(listener);
	await(calling);
	await(accepting);
}

void pair(const char *name, const char *at, const char *to, int port, int protocol, action *server, action *client)
{
	pair_of(name, at, to, port, protocol, protocol, server, client);
}
