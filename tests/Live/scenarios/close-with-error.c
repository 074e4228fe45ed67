/* SPDX-License-Identifier: MIT */
/* The socket has an error that nobody has read, and which did not end the connection */
#include "parts.h"

static unsigned short checksum(const void *data, int bytes)
{
	const unsigned short *words = data;
	unsigned sum = 0;

	for (int i = 0; i < bytes / 2; i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static unsigned next_sequence(int fd)
{
	int on = 1, queue = 2 /* TCP_SEND_QUEUE */, off = -1 /* TCP_REPAIR_OFF_NO_WP */;
	unsigned sequence;
	socklen_t length = sizeof(sequence);

	MUST(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)));
	MUST(getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &sequence, &length));
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)));
	return sequence;
}

/* The message of a router that cannot reach the peer. With IP_RECVERR the socket keeps it as its error, and goes on. */
static void peer_said_unreachable(int fd)
{
	struct {
		unsigned char type, code;
		unsigned short sum;
		unsigned unused;
		unsigned char ip[20];
		unsigned short source, dest;
		unsigned sequence;
	} message = { .type = 3 /* destination unreachable */, .code = 1 /* host */, .ip = { 0x45, [8] = 64, IPPROTO_TCP } };
	struct sockaddr_in us, peer;
	socklen_t length = sizeof(us);
	int raw = MUST(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	struct pollfd p = { fd, 0, 0 };
	int on = 1;

	MUST(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)));
	MUST(getsockname(fd, (void *)&us, &length));
	MUST(getpeername(fd, (void *)&peer, &length));
	memcpy(message.ip + 12, &us.sin_addr, 4);
	memcpy(message.ip + 16, &peer.sin_addr, 4);
	message.source = us.sin_port;
	message.dest = peer.sin_port;
	message.sequence = htonl(next_sequence(fd));
	message.sum = checksum(&message, sizeof(message));
	us.sin_port = 0;
	MUST(sendto(raw, &message, sizeof(message), 0, (void *)&us, sizeof(us)));
	close(raw);
	if (poll(&p, 1, 1000) != 1 || !(p.revents & POLLERR))
		fail("no error");
}

SCENARIO(close_with_unread_error)
{
	BETWEEN(wait_for_end);
	peer_said_unreachable(fd);
	finish(fd, server);
}

SCENARIO(close_second_with_unread_error)
{
	BETWEEN(close_at_once);
	peer_said_unreachable(fd);
	milliseconds(30);
	finish(fd, server);
}

SCENARIO(close_linger_zero_with_unread_error)
{
	BETWEEN(wait_for_error);
	peer_said_unreachable(fd);
	finish_by_reset(fd, server);
}
