/* SPDX-License-Identifier: MIT */
/* The stage: processes, the order of their steps, and the host */
#include "scene.h"

struct scene scene;
struct board *board;
struct scenario *scenarios;

void fail(const char *what)
{
	fprintf(stderr, "%s (%s): %s: %s\n", program_invocation_short_name, scene.kind, what, strerror(errno));
	_exit(99);
}

void milliseconds(int n)
{
	poll(0, 0, n);
}

void write_file(const char *path, const char *text)
{
	int fd = MUST(open(path, O_WRONLY));

	MUST(write(fd, text, strlen(text)));
	close(fd);
}

void run(const char *command)
{
	if (system(command))
		fail(command);
}

void enter(const char *ns)
{
	int fd;

	if (!strcmp(ns, "-"))
		return;
	fd = MUST(open(ns, O_RDONLY | O_CLOEXEC));
	MUST(setns(fd, CLONE_NEWNET));
	close(fd);
}

void reach(int step)
{
	board->step = step;
}

void await(int step)
{
	for (int i = 0; board->step < step; i++) {
		if (i > 20000) {
			errno = ETIMEDOUT;
			fail("await");
		}
		milliseconds(1);
	}
}

void pause_for_recorder(void)
{
	char c;

	printf("ready\n");
	fflush(stdout);
	while (read(0, &c, 1) == 1 && c != '\n')
		;
}

pid_t start(const char *comm, void (*play)(void))
{
	pid_t child;

	fflush(stdout);
	child = MUST(fork());
	if (child)
		return child;
	prctl(PR_SET_NAME, comm);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	play();
	fflush(stdout);
	_exit(0);
}

static void (*server_play)(void);

static void play_server(void)
{
	enter(scene.server_ns);
	server_play();
}

pid_t start_server(void (*play)(void))
{
	pid_t child;

	server_play = play;
	child = start("server", play_server);
	await(1);
	return child;
}

void end(pid_t child)
{
	int status;

	MUST(waitpid(child, &status, 0));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
		_exit(99);
}
