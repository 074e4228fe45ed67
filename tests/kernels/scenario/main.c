/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Connections of every kind, made the same way on every kernel. Each end is a process, whose name tells the case and the end, so that
 * events can be compared line by line. Each step waits for the step before it, so that nothing depends on speed.
 *
 *	scenario           all cases but the next three
 *	scenario early     waits in accept(), and has connections to itself, before the recorder starts
 *	scenario late      connects to `early`
 *	scenario load      many connections that end while the server accepts them
 *	scenario few ...   runs a command with CAP_BPF and CAP_PERFMON only
 */
#include "cases.h"
#include "ends.h"
#include "process.h"
#include "socket.h"

static void with_two_capabilities(char **command)
{
	enum { PERFMON = 38, BPF = 39 };

	for (int capability = 0; capability < 64; capability++)
		if (capability != PERFMON && capability != BPF)
			prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* root then has no other capabilities after execve() */
	execvp(command[0], command);
	must(0, command[0]);
}

int main(int count, char **arguments)
{
	const char *v4 = "127.0.0.1", *v6 = "::1";
	const char *part = count > 1 ? arguments[1] : "";
	int port = 7200;

	if (!strcmp(part, "few"))
		with_two_capabilities(arguments + 2);
	for (int fd = 3; fd < 64; fd++) /* the same descriptor numbers in every run */
		close(fd);
	alarm(SECONDS);
	if (!*part) { /* the cases that need root */
		pair("deaf", v4, v4, port++, 0, grow_deaf_and_answer, speak_to_the_deaf);
		pair("alive", v4, v4, port++, 0, answer_and_grow_deaf, keep_alive);
		destroyed();
	}
	must(setgid(1235) == 0 && setuid(1234) == 0, "setuid");
	if (!strcmp(part, "early")) {
		early();
		return 0;
	}
	if (!strcmp(part, "late")) {
		ask(connecting(v4, EARLY_PORT, 0, 0));
		return 0;
	}
	if (!strcmp(part, "load")) {
		load();
		return 0;
	}
	pair("v4", v4, v4, port++, 0, answer, ask);
	pair("v6", v6, v6, port++, 0, answer, ask);
	if (!strcmp(part, "ordinary"))
		return 0;
	pair("mapped", "::", "::ffff:127.0.0.1", port++, 0, answer, ask);
	pair("dual", "::", v4, port++, 0, answer, ask);
	pair("shutdown", v4, v4, port++, 0, answer, shut_down);
	pair("unread", v4, v4, port++, 0, close_unread, send_and_await);
	pair("reset", v4, v4, port++, 0, answer, reset);
	pair("exit", v4, v4, port++, 0, answer_and_exit, ask_and_await);
	pair("heir", v4, v4, port++, 0, answer, leave_to_heir);
	pair("killed", v4, v4, port++, 0, drain, killed);
	pair("unread6", v6, v6, port++, 0, close_unread, send_and_await);
	pair("reset6", v6, v6, port++, 0, answer, reset);
	pair("mappedreset", "::", "::ffff:127.0.0.1", port++, 0, answer, reset);
	pair("epipe", v4, v4, port++, 0, finish_and_reset, ask_until_reset);
	pair("halfreset", v4, v4, port++, 0, drain_and_reset, half_closed_until_reset);
	pair("halfunread", v4, v4, port++, 0, answer_and_await, shut_down_unread);
	pair("much", v4, v4, port++, 0, answer_much, ask_much);
	pair("passed", v4, v4, port++, 0, answer, pass_on);
	dead_on_accept();
	gone_on_accept();
	forked_workers();
	port_sharing_workers();
	accepted_by_32_bit_call();
	deferred_accept();
	with_itself();
	no_port();
	reconnected();
	fast_open();
	refused();
	no_syn();
	aborted();
	with_io_uring();
	pair("mptcp", v4, v4, port++, IPPROTO_MPTCP, answer, ask);
	pair("mptcprst", v4, v4, port++, IPPROTO_MPTCP, answer, reset);
	pair("mptcp6", v6, v6, port++, IPPROTO_MPTCP, answer, ask);
	pair("mptcpshut", v4, v4, port++, IPPROTO_MPTCP, answer, shut_down);
	pair("mptcpexit", v4, v4, port++, IPPROTO_MPTCP, answer_and_exit, ask_and_await);
	pair("mptcpkill", v4, v4, port++, IPPROTO_MPTCP, drain, killed);
	pair_of("mptcpplain", v4, v4, port++, IPPROTO_MPTCP, 0, answer, ask);
	pair_of("plainmptcp", v4, v4, port++, 0, IPPROTO_MPTCP, answer, ask);
	return 0;
}
