/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Connections over io_uring, in the process itself and in a kernel worker for it */
#include "process.h"
#include "socket.h"
#include "ends.h"
#include "cases.h"
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static void *map_ring(int ring, size_t length, off_t offset)
{
	return mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, offset);
}

/* Makes one request with a new ring; returns the result, or -1 */
static int by_ring(struct io_uring_sqe request)
{
	struct io_uring_params params = {};
	int ring = syscall(__NR_io_uring_setup, 1, &params);
	char *queues, *completions;
	struct io_uring_sqe *entries;
	int result;

	if (ring < 0)
		return -1;
	queues = map_ring(ring, params.sq_off.array + params.sq_entries * sizeof(int), IORING_OFF_SQ_RING);
	completions = map_ring(ring, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	entries = map_ring(ring, params.sq_entries * sizeof(request), IORING_OFF_SQES);
	must(queues != MAP_FAILED && completions != MAP_FAILED && entries != MAP_FAILED, "io_uring");
	entries[0] = request;
	*(unsigned *)(queues + params.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(queues + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	must(syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) == 1, "io_uring_enter");
	result = ((struct io_uring_cqe *)(completions + params.cq_off.cqes))->res;
	close(ring);
	return result;
}

static int connecting_by_ring(const char *host, int port, int flags)
{
	struct sockaddr_storage to = address(host, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	by_ring((struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT,
		.flags = flags,
		.fd = fd,
		.addr = (long)&to,
		.off = sizeof(struct sockaddr_in),
	});
	return fd;
}

static int accept_multishot(int fd)
{
	return by_ring((struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .ioprio = IORING_ACCEPT_MULTISHOT, .fd = fd });
}

void with_io_uring(void)
{
	int listener = listening("127.0.0.1", 7130, 0, 8), ring = syscall(__NR_io_uring_setup, 1, &(struct io_uring_params){});
	pid_t accepting, calling;

	if (ring < 0) {
		without("io_uring");
		return;
	}
	close(ring);
	/* in the process itself, and in a kernel worker for it */
	for (unsigned flags = 0; flags <= IOSQE_ASYNC; flags += IOSQE_ASYNC) {
		accepting = CHILD(flags ? "iou-wrk-server" : "io_uring-server",
				  answer(by_ring((struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .flags = flags, .fd = listener })));
		calling = CHILD(flags ? "iou-wrk-client" : "io_uring-client", ask(connecting_by_ring("127.0.0.1", 7130, flags)));
		await(calling);
		await(accepting);
	}
	accepting = CHILD("iou-close-serv", answer(accept(listener, 0, 0)));
	calling = CHILD("iou-close", {
		int fd = connecting("127.0.0.1", 7130, 0, 0);

		send_bytes(fd, SENT);
		receive_bytes(fd, ANSWERED);
		by_ring((struct io_uring_sqe){ .opcode = IORING_OP_CLOSE, .fd = fd });
	});
	await(calling);
	await(accepting);
	close(listener);
	await(CHILD("io_uring-refuse", close(connecting_by_ring("127.0.0.1", 7131, 0))));
	await(CHILD("iou-wrk-refuse", close(connecting_by_ring("127.0.0.1", 7131, IOSQE_ASYNC))));
	await(CHILD("io_uring-nosyn", close(connecting_by_ring("203.0.113.1", 7132, 0))));
	/* A multishot accept of a file that is not a socket tells whether the kernel supports it (5.19) */
	if (accept_multishot(0) == -ENOTSOCK) {
		listener = listening("127.0.0.1", 7133, 0, 8); /* a new listener: the request may accept for a while longer */
		accepting = CHILD("iou-multishot", answer(accept_multishot(listener)));
		calling = CHILD("iou-multi-clien", ask(connecting_by_ring("127.0.0.1", 7133, 0)));
		await(calling);
		await(accepting);
		close(listener);
	} else {
		without("iou-multi");
	}
}
