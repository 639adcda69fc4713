/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unwind/unwind.h"

#include <linux/perf_event.h>

#include <pdiag/profile.h>

/* The one page of kernel address space that user code may be found in. */
#define VSYSCALL_PAGE 0xffffffffff600000ull
#define PAGE 4096u

enum context {
	CONTEXT_NONE,  /* no mark yet: the address itself tells */
	CONTEXT_KERNEL,
	CONTEXT_USER,
	CONTEXT_OTHER, /* hypervisor, guest, or a mark of a later kernel: not ours to name */
};

static bool is_mark(uint64_t ip)
{
	return ip >= (uint64_t)PERF_CONTEXT_MAX;
}

static enum context context_of(uint64_t mark)
{
	if (mark == (uint64_t)PERF_CONTEXT_KERNEL)
		return CONTEXT_KERNEL;
	if (mark == (uint64_t)PERF_CONTEXT_USER)
		return CONTEXT_USER;
	return CONTEXT_OTHER;
}

static bool upper_half(uint64_t ip)
{
	return ip >> 63;
}

/*
 * Could there be code? Where a frame pointer was none, the kernel hands over whatever it found:
 * nothing is ever mapped in the first page, bits 56 to 63 of an address are all equal, and user
 * code stays in the lower half.
 */
static bool plausible(uint64_t ip, enum context context)
{
	if (ip < PAGE || (ip >> 56 && ip >> 56 != 0xff))
		return false;
	return context != CONTEXT_USER || !upper_half(ip) || (ip & ~(PAGE - 1ull)) == VSYSCALL_PAGE;
}

void pdiag_unwind_callchain(const uint64_t *ips, uint32_t nr, uint32_t max_depth,
	struct pdiag_unwound *out)
{
	enum context context = CONTEXT_NONE, here;
	bool exact = true, user_mark = false, user_frame = false;
	uint64_t address;
	uint32_t real = 0;

	out->nr = out->flags = 0;
	for (uint32_t i = 0; i < nr; i++) {
		/* User frames come last. A mark among them is what a program has on its stack: no
		 * address. */
		if (is_mark(ips[i]) && !user_mark) {
			context = context_of(ips[i]);
			exact = true;
			user_mark |= context == CONTEXT_USER;
			continue;
		}
		real++;
		here = context;
		if (here == CONTEXT_NONE)
			here = upper_half(ips[i]) ? CONTEXT_KERNEL : CONTEXT_USER;
		/* All but the first of a context are return addresses: behind the call. */
		address = ips[i] - !exact;
		exact = false;
		if (ips[i] && here != CONTEXT_OTHER && plausible(address, here)) {
			if (out->nr == PDIAG_UNWIND_MAX) {
				out->flags |= PDIAG_STACK_TRUNCATED;
				break;
			}
			out->frames[out->nr].address = address;
			out->frames[out->nr++].kernel = here == CONTEXT_KERNEL;
			user_frame |= here == CONTEXT_USER;
		}
	}
	if (max_depth && real >= max_depth)
		out->flags |= PDIAG_STACK_TRUNCATED;
	if (user_mark && !user_frame)
		out->flags |= PDIAG_STACK_NO_USER;
}
