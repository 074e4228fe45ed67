/* SPDX-License-Identifier: MIT */
/* What keeps a connect from success: nobody listens, the queue is full, or no local port is left */
#pragma once

#include "exchange.h"

void serve_nobody(void); /* a port at which nobody listens */
void serve_full(void); /* a full queue until step 2: a SYN gets no answer */
void answer_after_filler(int listening, int filler); /* makes room in the queue of full_listener(), and serves the next client */
void connect_without_port(int (*attempt)(int fd)); /* attempt() returns an errno; all local ports towards the server are in use */
