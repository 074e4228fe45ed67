/* SPDX-License-Identifier: MIT */
/* scenario NAME KIND CLIENT_NS SERVER_NS CLIENT_IP SERVER_IP NOBODY_IP [ARGUMENT] */
#include "scene.h"

/*
 * Whether this namespace has connections. Sockets in LISTEN and TIME_WAIT do not count; nor do those in SYN_SENT if the client uses MPTCP,
 * which leaves its given-up subflows in that state.
 */
static bool busy(void)
{
	bool mptcp = scene.client_mptcp;
	const char *tables[] = { "/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6" };
	bool found = false;

	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(tables[i], "r");
		char line[512];
		unsigned state;

		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, " %*d: %*[0-9A-F:] %*[0-9A-F:] %x", &state) == 1 && !(state == 2 && mptcp) && state != 6 && state != 10)
				found = true;
		if (f)
			fclose(f);
	}
	return found;
}

/* The last segments may still be under way when the last process has ended */
static void settle(const char *ns)
{
	enter(ns);
	for (int i = 0; i < 5000 && busy(); i++)
		milliseconds(1);
}

int main(int argc, char **argv)
{
	if (argc < 8) {
		fprintf(stderr, "usage: scenario NAME KIND CLIENT_NS SERVER_NS CLIENT_IP SERVER_IP NOBODY_IP [ARGUMENT]\n");
		return 2;
	}
	scene = (struct scene){ .kind = argv[2], .client_ns = argv[3], .server_ns = argv[4], .client_ip = argv[5], .server_ip = argv[6],
				.nobody_ip = argv[7], .argument = argc > 8 ? argv[8] : "" };
	scene.mapped = !strcmp(scene.kind, "mapped");
	scene.v6 = scene.mapped || strstr(scene.kind, "6");
	scene.server_mptcp = !strncmp(scene.kind, "mptcp", 5) && strcmp(scene.kind, "mptcp-client");
	scene.client_mptcp = !strncmp(scene.kind, "mptcp", 5) && strcmp(scene.kind, "mptcp-listener");
	board = mmap(0, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	signal(SIGPIPE, SIG_IGN);
	for (struct scenario *s = scenarios; s; s = s->next) {
		if (strcmp(s->name, argv[1]))
			continue;
		/* The scenario runs in a child, so that the sockets it leaves open are closed before the check */
		pid_t child = fork();
		int status;

		if (!child) {
			prctl(PR_SET_NAME, "client");
			enter(scene.client_ns);
			s->play();
			fflush(stdout);
			_exit(0);
		}
		MUST(waitpid(child, &status, 0));
		settle(scene.client_ns);
		settle(scene.server_ns);
		if (scene.server_mptcp || scene.client_mptcp)
			milliseconds(50); /* the application's socket ends in a kernel worker, after its subflows */
		return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	}
	fprintf(stderr, "scenario: there is no %s\n", argv[1]);
	return 2;
}
