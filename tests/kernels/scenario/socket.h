/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Sockets, and waiting for what happens to them */
#pragma once

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

struct sockaddr_storage address(const char *host, int port);
int listening(const char *host, int port, int protocol, int backlog);
int connecting(const char *host, int port, int protocol, int flags); /* does not check the outcome: the events show it */
int bound(int port);
void connect_to(int fd, int port);
void disconnect(int fd);
void reset_now(int fd);

enum { SENT = 100, ANSWERED = 250 };
void send_bytes(int fd, int count);
void receive_bytes(int fd, int count);
void await_input(int fd);
void await_end(int fd); /* end of file or a reset */
void await_finish(int fd); /* reads all that comes before the end */

struct tcp_info info_of(int fd);
void await_state(int fd, int state); /* until the peer has acknowledged everything, including the FIN, or has reset the connection */
