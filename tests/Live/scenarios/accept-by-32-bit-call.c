/* SPDX-License-Identifier: MIT */
/* accept() as an i386 program calls it */
#include "exchange.h"
#include <setjmp.h>

#ifdef __x86_64__
static sigjmp_buf without_32_bit_calls;

static void on_fault(int number)
{
	(void)number;
	siglongjmp(without_32_bit_calls, 1);
}

/*
 * Through the 32-bit system call table, as an i386 program would. Not every machine has these calls: some kernels answer ENOSYS, and
 * some guests with encrypted memory get SIGSEGV.
 */
static long call32(long number, long a, long b, long c)
{
	long result;

	signal(SIGSEGV, on_fault);
	if (sigsetjmp(without_32_bit_calls, 1))
		return -ENOSYS;
	__asm__ volatile("push %%rbx; mov %2, %%rbx; int $0x80; pop %%rbx"
			 : "=a"(result)
			 : "a"(number), "r"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	signal(SIGSEGV, SIG_DFL);
	return result;
}
#else
static long call32(long number, long a, long b, long c)
{
	(void)number, (void)a, (void)b, (void)c;
	return -ENOSYS; /* elsewhere only a 32-bit program makes such calls */
}
#endif

static void accept_32(void)
{
	enum { ACCEPT4 = 364 };
	int l = listener(8);
	long fd;

	reach(1);
	fd = call32(ACCEPT4, l, 0, 0); /* flags is the esi register, which this call does not set: 0 in practice */
	if (fd < 0) {
		printf("unsupported\n");
		fd = accepted(l);
	}
	answer_and_close(fd);
}

SCENARIO(accept_by_32_bit_call)
{
	pid_t server = start_server(accept_32);

	ask_and_close(connected());
	end(server);
}
