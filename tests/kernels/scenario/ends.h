/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What each end of a connection does with it. A case has two of them: one for the server, one for the client. */
#pragma once

typedef void action(int socket);

/* ends-orderly.c */
action ask, answer, drain, send_and_await, ask_and_await, shut_down, answer_much, ask_much;
/* ends-by-process.c */
action answer_and_exit, leave_to_heir, killed, pass_on;
/* ends-by-reset.c */
action close_unread, reset, finish_and_reset, ask_until_reset, half_closed_until_reset,
	drain_and_reset, shut_down_unread, answer_and_await;
/* ends-deaf.c */
action grow_deaf_and_answer, answer_and_grow_deaf, speak_to_the_deaf, keep_alive;

/* One connection: the server's end in one process, the client's in another */
void pair_of(const char *name, const char *at, const char *to, int port, int server_protocol, int client_protocol,
	     action *server, action *client);
void pair(const char *name, const char *at, const char *to, int port, int protocol, action *server, action *client);
