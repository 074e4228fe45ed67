/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Sockets that an administrator kills */
#include "process.h"
#include "socket.h"
#include "ends.h"
#include "cases.h"
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

/* Kills a socket as `ss -K` does; returns 0 or an errno */
static int destroy(int fd)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 what;
	} request = { .header = { .nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DESTROY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		      .what = { .sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .id.idiag_cookie = { -1, -1 } } };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} reply = {};
	struct sockaddr_in here, there;
	int netlink = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);

	getsockname(fd, (void *)&here, &(socklen_t){ sizeof(here) });
	getpeername(fd, (void *)&there, &(socklen_t){ sizeof(there) });
	request.what.id.idiag_sport = here.sin_port;
	request.what.id.idiag_dport = there.sin_port;
	request.what.id.idiag_src[0] = here.sin_addr.s_addr;
	request.what.id.idiag_dst[0] = there.sin_addr.s_addr;
	if (netlink < 0 || send(netlink, &request, sizeof(request), 0) < 0 || recv(netlink, &reply, sizeof(reply), 0) < 0)
		return errno;
	close(netlink);
	return -reply.error.error;
}

static void answer_and_destroy(int fd)
{
	receive_bytes(fd, SENT);
	send_bytes(fd, ANSWERED);
	await(CHILD("destroyer", must(destroy(fd) == 0, "SOCK_DESTROY")));
	close(fd);
}

void destroyed(void)
{
	int listener = listening("127.0.0.1", 7151, 0, 8), status;
	pid_t trying = CHILD("destroyed-test", exit(destroy(connecting("127.0.0.1", 7151, 0, 0)) != 0));

	must(waitpid(trying, &status, 0) == trying, "waitpid");
	close(listener);
	if (status)
		without("destroyed");
	else
		pair("destroyed", "127.0.0.1", "127.0.0.1", 7152, 0, answer_and_destroy, ask_until_reset);
}
