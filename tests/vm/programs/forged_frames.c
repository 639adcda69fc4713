/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * forged_frames: burns CPU time, with frames above its stack pointer that return to the kernel: a
 * mark of the module's own, and an address behind it. Ends when it is killed.
 */
#include <linux/perf_event.h>
#include <stdint.h>

int main(void)
{
	/* Each the next frame, and where it returns to. */
	uint64_t frames[] = {
		(uintptr_t)&frames[2], (uintptr_t)main,
		(uintptr_t)&frames[4], (uint64_t)PERF_CONTEXT_KERNEL,
		0, 0xffffffff81000000u,
	};

	for (;;) {
		uint64_t turns = 1000000;

		/* What is below the stack pointer is the compiler's. */
		__asm__ volatile("sub $128, %%rsp\n\tpush %%rbp\n\tmov %1, %%rbp\n"
			"1:\tdec %0\n\tjnz 1b\n\tpop %%rbp\n\tadd $128, %%rsp"
			: "+r"(turns) : "r"(frames) : "memory", "cc");
	}
}
