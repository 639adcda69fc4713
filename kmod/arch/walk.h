/* SPDX-License-Identifier: GPL-2.0-only */
/* Walking stacks; what depends on the machine. */
#ifndef PDIAG_ARCH_WALK_H
#define PDIAG_ARCH_WALK_H

#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/timex.h>

#include "uapi/pdiag_kmod.h"

#define PDIAG_WALK_KERNEL 1u
#define PDIAG_WALK_USER 2u
#define PDIAG_WALK_NMI 4u /* called in an NMI */

struct pdiag_walk {
	u64 *words; /* out; marks included */
	u32 nr;
	u32 max;    /* addresses and marks; at most PDIAG_STACK_WORDS */
	u64 hash;   /* pdiag_stack_hash() of all words */
	u16 flags;  /* PDIAG_KMOD_TRUNCATED | PDIAG_KMOD_FAULTED */
};

/*
 * The stack of the current task, beginning at the registers that were interrupted, or, if regs is
 * NULL, at who called the function that has a local variable at `from`. No locks, no faults, no
 * sleep.
 */
void pdiag_walk_current(
	struct pdiag_walk *walk, struct pt_regs *regs, const void *from, u32 what);
/*
 * The kernel frames of a task that does not run now; false: there are none to be had. That the
 * task's stack stays as long as it is walked is up to the caller where the kernel does not export
 * stack_trace_save_tsk(), which cares for it.
 */
bool pdiag_walk_task(struct pdiag_walk *walk, struct task_struct *task);
/*
 * Registers and at most `most` bytes at SP of the current task's user part, all of *part that is
 * asked for written; regs as in pdiag_walk_current(). False: it has none of 64 bits.
 */
bool pdiag_walk_part(struct pdiag_kmod_user *part, u32 most, struct pt_regs *regs, bool nmi);
/* User frames from registers, in the address space that is in use now. */
void pdiag_walk_user(struct pdiag_walk *walk, struct pt_regs *regs, bool nmi);

/* In an interrupt: the registers of what it interrupted. NULL: they cannot be found. */
struct pt_regs *pdiag_interrupted_regs(void);

/* Cycles of a clock that runs at pdiag_cycles_khz(), as cheap as can be. */
static inline u64 pdiag_cycles(void)
{
	return get_cycles();
}
u64 pdiag_cycles_khz(void);

static inline u64 pdiag_cycles_ns(u64 cycles)
{
	return div64_u64(cycles * 1000, max_t(u64, pdiag_cycles_khz() / 1000, 1));
}

#endif
