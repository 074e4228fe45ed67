/* SPDX-License-Identifier: MIT */
/* Bytes that an end gives and takes; each is counted */
#include "notes.h"

void give(int fd, int bytes)
{
	char block[65536] = {};

	for (int done = 0, n; done < bytes; done += n) {
		n = MUST(send(fd, block, bytes - done < (int)sizeof(block) ? bytes - done : (int)sizeof(block), MSG_NOSIGNAL));
		notes[fd].sent += n;
	}
}

void take(int fd, int bytes)
{
	char block[65536];

	for (int done = 0, n; done < bytes; done += n) {
		n = MUST(read(fd, block, bytes - done < (int)sizeof(block) ? bytes - done : (int)sizeof(block)));
		if (!n) {
			errno = EPIPE;
			fail("take");
		}
		notes[fd].received += n;
	}
}

void take_end(int fd)
{
	char c;

	if (MUST(read(fd, &c, 1)) != 0)
		fail("take_end");
}

void arrived(int fd, int bytes)
{
	char block[4096];

	for (int i = 0; recv(fd, block, sizeof(block), MSG_PEEK | MSG_DONTWAIT) != bytes; i++) {
		if (i > 5000)
			fail("arrived");
		milliseconds(1);
	}
	notes[fd].received += bytes;
}

void counts(int fd, int sent)
{
	notes[fd].sent += sent;
}

unsigned long counts_of_kernel(int fd)
{
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	MUST(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
	notes[fd].sent = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
	/* In CLOSE_WAIT (8) and LAST_ACK (9) the kernel has counted the peer's FIN as a byte */
	notes[fd].received = info.tcpi_bytes_received - (info.tcpi_state == 8 || info.tcpi_state == 9);
	return notes[fd].sent;
}
