/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* accept() as an i386 program calls it */
#include "process.h"
#include "socket.h"
#include "ends.h"
#include "cases.h"

#ifdef __x86_64__
/* accept() by the 32-bit system call table. A separate process tries it first: a kernel without the table kills that process. */
static long accept_32(int listener)
{
	long result = 364; /* accept4 */

	__asm__ volatile("push %%rbx; mov %1, %%ebx; xor %%ecx, %%ecx; xor %%edx, %%edx; xor %%esi, %%esi; int $0x80; pop %%rbx"
			 : "+a"(result) : "r"(listener) : "memory", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11");
	return result;
}
#else
static long accept_32(int listener)
{
	(void)listener;
	return -ENOSYS; /* elsewhere only a 32-bit program makes such calls */
}
#endif

void accepted_by_32_bit_call(void)
{
	int listener, status;
	pid_t accepting = CHILD("32-bit-test", exit(accept_32(-1) == -EBADF ? 0 : 1));

	must(waitpid(accepting, &status, 0) == accepting, "waitpid");
	if (status) {
		without("32-bit");
		return;
	}
	listener = listening("127.0.0.1", 7146, 0, 8);
	accepting = CHILD("32-bit-server", answer(accept_32(listener)));
	await(CHILD("32-bit-client", ask(connecting("127.0.0.1", 7146, 0, 0))));
	await(accepting);
	close(listener);
}
