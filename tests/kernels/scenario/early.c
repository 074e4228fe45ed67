/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Connections, and a wait in accept(), that are older than the recorder */
#include "process.h"
#include "socket.h"
#include "ends.h"
#include "cases.h"

void early(void)
{
	int listener = listening("127.0.0.1", EARLY_PORT, 0, 8), mine, accepted, half, half_accepted, doomed, doomed_accepted, late;

	prctl(PR_SET_NAME, "early");
	mine = connecting("127.0.0.1", EARLY_PORT, 0, 0);
	accepted = accept(listener, 0, 0);
	half = connecting("127.0.0.1", EARLY_PORT, 0, 0);
	half_accepted = accept(listener, 0, 0);
	shutdown(half, SHUT_WR);
	await_end(half_accepted);
	doomed = connecting("::ffff:127.0.0.1", EARLY_PORT, 0, 0);
	doomed_accepted = accept(listener, 0, 0);
	late = accept(listener, 0, 0); /* waits from before the recorder starts */
	reset_now(doomed);
	await_state(doomed_accepted, TCP_CLOSE);
	close(doomed_accepted);
	close(half_accepted);
	await_end(half);
	close(half);
	send_bytes(mine, SENT);
	receive_bytes(accepted, SENT);
	close(mine);
	await_end(accepted);
	close(accepted);
	answer(late);
}
