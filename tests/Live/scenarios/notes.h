/* SPDX-License-Identifier: MIT */
/* What a process notes of each of its sockets, by descriptor, so that say() can tell it */
#pragma once

#include "scene.h"

struct notes {
	char local[64], remote[64]; /* a socket forgets its peer when the connection is over */
	int sport, dport;
	long sent, received;
};
extern struct notes notes[4096];

/* Writes the address of an end, as IPv4 where it is mapped, or `-`; returns the port, or 0 */
int end_of(int (*get_name)(int, struct sockaddr *, socklen_t *), int fd, char *ip, size_t size);
