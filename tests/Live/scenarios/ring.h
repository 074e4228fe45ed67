/* SPDX-License-Identifier: MIT */
/* A ring of io_uring, and requests to it */
#pragma once

#include "scene.h"
#include <linux/io_uring.h>

struct ring {
	int fd;
	unsigned submit; /* the flags of io_uring_enter() for a new request */
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

struct ring open_ring(unsigned flags);
void submit(struct ring *r, struct io_uring_sqe sqe);
int result(struct ring *r); /* of the next request that is done; waits for it */

struct io_uring_sqe connect_request(int fd, const char *ip, int port);
int ring_connect(int fd, const char *ip, int port, unsigned ring_flags, int flags); /* connects by a ring of its own; 0 or an errno */
