/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The processes of a case: each has a name that tells the case and the end, and waits for the others */
#pragma once

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 60 };

/* A child process with the name `name`, which does not return to the caller's code */
#define CHILD(name, ...)                                    \
	({                                                  \
		pid_t child_ = fork();                      \
		must(child_ >= 0, "fork");                  \
		if (child_ == 0) {                          \
			prctl(PR_SET_NAME, name);           \
			alarm(SECONDS);                     \
			__VA_ARGS__;                                \
			exit(0);                            \
		}                                           \
		child_;                                     \
	})

void must(int ok, const char *what); /* ends the process unless `ok`; errno says why */
void await(pid_t child);
void without(const char *what); /* prints that this kernel does not support a case, whose processes' names begin with `what` */
