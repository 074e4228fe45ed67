/* SPDX-License-Identifier: MIT */
/*
 * A wire between the two hosts: two tun devices, and a process that copies packets from one to the other. A scene can cut the wire, or let
 * it change packets as middleboxes do.
 */
#include "scene.h"
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

enum { TCP = 6, NOTHING = 1, MPTCP_OPTION = 30 };

static int open_tun(const char *ns, const char *local, const char *peer)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	char command[200];
	int fd;

	enter(ns);
	fd = MUST(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
	strcpy(r.ifr_name, "wire%d");
	MUST(ioctl(fd, TUNSETIFF, &r));
	snprintf(command, sizeof(command), "ip link set %s up && ip addr add %s peer %s dev %s %s", r.ifr_name, local, peer, r.ifr_name,
		 strchr(local, ':') ? "nodad" : "");
	run(command);
	return fd;
}

static unsigned add_up(const unsigned char *bytes, int length, unsigned sum)
{
	for (int i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : bytes[i] << 8;
	return sum;
}

static void set_checksum(unsigned char *packet, unsigned char *tcp, int length)
{
	unsigned sum = *packet >> 4 == 4 ? add_up(packet + 12, 8, 0) : add_up(packet + 8, 32, 0);

	tcp[16] = tcp[17] = 0;
	sum = add_up(tcp, length, sum + TCP + length);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	tcp[16] = ~sum >> 8;
	tcp[17] = ~sum;
}

/* Replaces each MPTCP option by no-operation options of the same length */
static void strip_mptcp(unsigned char *tcp, int header)
{
	for (int i = 20; i < header && tcp[i];) {
		int length = tcp[i] == NOTHING ? 1 : tcp[i + 1];

		if (length < 1)
			return;
		if (tcp[i] == MPTCP_OPTION)
			memset(tcp + i, NOTHING, length);
		i += length;
	}
}

static bool treat(unsigned char *packet, int length)
{
	bool v4 = *packet >> 4 == 4;
	unsigned char *tcp = packet + (v4 ? (*packet & 15) * 4 : 40);
	int header, segment = length - (tcp - packet);

	if (packet[v4 ? 9 : 6] != TCP)
		return true;
	header = (tcp[12] >> 4) * 4;
	if (board->wire == WIRE_CUT)
		return false;
	if (board->wire == WIRE_WITHOUT_MPTCP && !(tcp[13] & 2))
		strip_mptcp(tcp, header);
	else if (board->wire == WIRE_SPOILS_ONE && segment > header) {
		tcp[header] ^= 0xff;
		board->wire = WIRE_WHOLE;
	} else
		return true;
	set_checksum(packet, tcp, segment);
	return true;
}

static int ends[2];

static void carry(void)
{
	struct pollfd p[2] = { { ends[0], POLLIN, 0 }, { ends[1], POLLIN, 0 } };
	unsigned char packet[65536];

	reach(1);
	while (poll(p, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			int length = p[i].revents ? read(ends[i], packet, sizeof(packet)) : 0;

			if (length > 20 && treat(packet, length) && write(ends[!i], packet, length) < 0)
				fail("wire");
		}
}

/* An IPv6 address is not usable at once */
static void await_route(void)
{
	bool v6 = strchr(scene.server_ip, ':');

	for (int i = 0; i < 500; i++, milliseconds(10)) {
		int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
		int error = try_connect(fd, scene.server_ip, 9);

		close(fd);
		if (!error)
			return;
	}
	fail("no route over the wire");
}

void lay_wire(void)
{
	scene.client_ip = strchr(scene.client_ip, ':') ? "fd79::1" : "10.79.0.1";
	ends[1] = open_tun(scene.server_ns, strchr(scene.client_ip, ':') ? "fd79::2" : "10.79.0.2", scene.client_ip);
	scene.server_ip = strchr(scene.client_ip, ':') ? "fd79::2" : "10.79.0.2";
	ends[0] = open_tun(scene.client_ns, scene.client_ip, scene.server_ip);
	start("wire", carry);
	await(1);
	close(ends[0]);
	close(ends[1]);
	await_route();
	reach(0);
}
