/* SPDX-License-Identifier: MIT */
/* Both ends go on without MPTCP, because of a middlebox */
#include "mptcp.h"

/* It changes data. With checksums both ends notice it, and go on without MPTCP */
static void use_checksums(const char *yes)
{
	write_file("/proc/sys/net/mptcp/checksum_enabled", yes);
}

static bool fell_back(int fd)
{
	struct mptcp_info info = {};
	socklen_t length = sizeof(info);

	return getsockopt(fd, SOL_MPTCP, MPTCP_INFO, &info, &length) || info.mptcpi_flags & MPTCP_INFO_FLAG_FALLBACK;
}

/* Takes the changed data, and the data that makes the other end fall back, too */
static void take_spoilt(int fd)
{
	take(fd, 150);
	if (!fell_back(fd))
		fail("no fallback");
}

static void give_spoilt(int fd)
{
	board->wire = WIRE_SPOILS_ONE;
	give(fd, 100);
	milliseconds(100);
	give(fd, 50);
	milliseconds(100);
	if (!fell_back(fd))
		fail("no fallback");
	use_checksums("0");
}

static void end_after_fallback(int fd)
{
	take_spoilt(fd);
	wait_for_end(fd);
}

SCENARIO(mptcp_fallback)
{
	use_checksums("1");
	lay_wire();
	BETWEEN_MPTCP(end_after_fallback);
	give_spoilt(fd);
	finish(fd, server);
	milliseconds(100);
}

static void reset_after_fallback(int fd)
{
	take_spoilt(fd);
	read_to_end(fd);
}

SCENARIO(mptcp_fallback_then_reset)
{
	use_checksums("1");
	lay_wire();
	BETWEEN_MPTCP(reset_after_fallback);
	give_spoilt(fd);
	linger_zero(fd);
	finish(fd, server);
	milliseconds(100);
}

/* Only the SYNs keep their MPTCP options. The server notices at the third segment, the client at the first answer. */
SCENARIO(mptcp_lost_on_the_way)
{
	lay_wire();
	board->wire = WIRE_WITHOUT_MPTCP;
	BETWEEN_MPTCP(wait_for_end);
	if (!fell_back(fd))
		fail("no fallback");
	finish(fd, server);
	milliseconds(100);
}

SCENARIO(mptcp_lost_on_the_way_then_reset)
{
	lay_wire();
	board->wire = WIRE_WITHOUT_MPTCP;
	BETWEEN_MPTCP(read_to_end);
	linger_zero(fd);
	finish(fd, server);
	milliseconds(100);
}

SCENARIO(mptcp_lost_on_the_way_then_cut)
{
	lay_wire();
	board->wire = WIRE_WITHOUT_MPTCP;
	BETWEEN_MPTCP(reset_when_gone);
	lose_the_wire(fd, server);
}
