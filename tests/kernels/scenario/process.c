/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The processes of a case */
#include "process.h"

void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "scenario: %s: %s\n", what, strerror(errno));
	exit(1);
}

void await(pid_t child)
{
	must(waitpid(child, 0, 0) == child, "waitpid");
}

void without(const char *what)
{
	fprintf(stderr, "without %s\n", what);
}
