/* SPDX-License-Identifier: MIT */
/* A ring of io_uring, and requests to it */
#include "ring.h"

struct ring open_ring(unsigned flags)
{
	struct io_uring_params p = { .flags = flags, .sq_thread_idle = 1000 };
	struct ring r;
	char *sq, *cq;

	r.fd = syscall(SYS_io_uring_setup, 8, &p);
	if (r.fd < 0)
		fail("io_uring_setup");
	r.submit = flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0;
	sq = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r.fd, IORING_OFF_SQ_RING);
	cq = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		  r.fd, IORING_OFF_CQ_RING);
	r.sqes = mmap(0, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r.fd, IORING_OFF_SQES);
	r.sq_tail = (void *)(sq + p.sq_off.tail);
	r.sq_mask = (void *)(sq + p.sq_off.ring_mask);
	r.sq_array = (void *)(sq + p.sq_off.array);
	r.cq_head = (void *)(cq + p.cq_off.head);
	r.cq_tail = (void *)(cq + p.cq_off.tail);
	r.cq_mask = (void *)(cq + p.cq_off.ring_mask);
	r.cqes = (void *)(cq + p.cq_off.cqes);
	return r;
}

void submit(struct ring *r, struct io_uring_sqe sqe)
{
	unsigned tail = *r->sq_tail, index = tail & *r->sq_mask;

	r->sqes[index] = sqe;
	r->sq_array[index] = index;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 0, r->submit, 0, 0) < 0)
		fail("io_uring_enter");
}

int result(struct ring *r)
{
	unsigned head = *r->cq_head;

	while (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		if (syscall(SYS_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS, 0, 0) < 0 && errno != EINTR)
			fail("io_uring_enter");
	int res = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return res;
}

struct io_uring_sqe connect_request(int fd, const char *ip, int port)
{
	static struct address a;

	a = address_of(ip, port);
	return (struct io_uring_sqe){ .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (unsigned long)&a.storage, .off = a.length };
}

int ring_connect(int fd, const char *ip, int port, unsigned ring_flags, int flags)
{
	struct ring r = open_ring(ring_flags);
	struct io_uring_sqe request = connect_request(fd, ip, port);
	int res;

	request.flags = flags;
	submit(&r, request);
	res = result(&r);
	close(r.fd);
	return -res;
}
