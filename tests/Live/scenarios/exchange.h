/* SPDX-License-Identifier: MIT */
/* The ordinary exchange: the client gives 3 bytes, the server answers 5, the client closes first. */
#pragma once

#include "scene.h"

void ask(int fd); /* gives 3 bytes and takes 5 */
int asked(void); /* a new connection to the server, over which ask() has been played */
void ask_and_close(int fd);
void tell_and_close(const char *who, int fd); /* close, and before it say() */
void finish(int fd, pid_t server); /* the client closes, and the server ends */
void finish_by_reset(int fd, pid_t server); /* the client resets the connection, and the server, which awaits step 2, ends */
void go_by_reset(int fd); /* the client resets the connection, which reaches the server before this returns */

void answer(int fd); /* takes 3 bytes and gives 5 */
void answer_and_close(int fd); /* ... and waits for the end of stream before it closes */
void serve_one(void); /* a server that does this for one client */
int accepted_at(int step); /* a connection to a new listener, which waits in its queue until the step is reached */
