// SPDX-License-Identifier: GPL-2.0-only
/* Kernel frames by the kernel's own unwinder, user frames by frame pointers. */
#include "arch/walk.h"
#include "arch/x86_frames.h"

#include <linux/compat.h>
#include <linux/perf_event.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>
#include <asm/unwind.h>

#include "compat/compat.h"
#include "stack_table.h"

u64 pdiag_cycles_khz(void)
{
	return tsc_khz ?: 1000000;
}

static inline bool add(struct pdiag_walk *walk, u64 word)
{
	if (unlikely(walk->nr >= walk->max)) {
		walk->flags |= PDIAG_KMOD_TRUNCATED;
		return false;
	}
	walk->words[walk->nr++] = word;
	walk->hash = pdiag_stack_hash(walk->hash, word);
	return true;
}

static void unwind(struct pdiag_walk *walk, struct unwind_state *state)
{
	unsigned long address;

	for (; !unwind_done(state); unwind_next_frame(state)) {
		address = unwind_get_return_address(state);
		if (!address)
			return;
		if (!add(walk, address))
			return;
	}
}

static void walk_kernel(struct pdiag_walk *walk, struct pt_regs *regs, const void *from)
{
	struct unwind_state state;

	if (!add(walk, PERF_CONTEXT_KERNEL))
		return;
	if (regs && !add(walk, regs->ip))
		return;
	unwind_start(&state, current, regs, regs ? NULL : (unsigned long *)from);
	unwind(walk, &state);
}

struct frame32 {
	u32 next;
	u32 ret;
};

static void walk_frames32(struct pdiag_walk *walk, u32 fp, u32 low)
{
	struct frame32 frame;

	while (fp >= low && !(fp & 3)) {
		if (__copy_from_user_inatomic(&frame, (void __user *)(unsigned long)fp,
			    sizeof(frame))) {
			walk->flags |= PDIAG_KMOD_FAULTED;
			return;
		}
		if (!frame.ret || !add(walk, frame.ret) || frame.next <= fp)
			return;
		fp = frame.next;
	}
}

/* In an NMI only copy_from_user_nmi() knows whether the address space may be looked at. */
static void walk_frames_nmi(struct pdiag_walk *walk, unsigned long fp, unsigned long low)
{
	struct pdiag_frame frame;

	while (fp >= low && !(fp & 7) && access_ok((void __user *)fp, sizeof(frame))) {
		if (copy_from_user_nmi(&frame, (void __user *)fp, sizeof(frame))) {
			walk->flags |= PDIAG_KMOD_FAULTED;
			return;
		}
		if (!PDIAG_MAY_RETURN(frame.ret, TASK_SIZE_MAX - 1) || !add(walk, frame.ret) ||
			frame.next <= fp)
			return;
		fp = frame.next;
	}
}

void pdiag_walk_user(struct pdiag_walk *walk, struct pt_regs *regs, bool nmi)
{
	if (!add(walk, PERF_CONTEXT_USER) || !add(walk, regs->ip))
		return;
	pagefault_disable();
	if (unlikely(nmi)) {
		if (user_64bit_mode(regs))
			walk_frames_nmi(walk, regs->bp, regs->sp);
	} else if (likely(user_64bit_mode(regs))) {
		pdiag_walk_frames(walk, regs->bp, regs->sp);
	} else if (IS_ENABLED(CONFIG_COMPAT)) {
		walk_frames32(walk, regs->bp, regs->sp);
	}
	pagefault_enable();
}

/* The registers that the current task left user space with; NULL: it has none. */
static struct pt_regs *user_regs(struct pt_regs *regs)
{
	if (!current->mm || (current->flags & PF_KTHREAD))
		return NULL;
	if (!regs || !user_mode(regs))
		regs = task_pt_regs(current);
	/* A task that is being made or ends may have no user registers. */
	return user_mode(regs) ? regs : NULL;
}

/*
 * Bytes that could be read, whole words. Page faults are off. Not by way of what checks the place
 * that is written to, as that may take locks.
 */
static u32 copy_words(void *to, unsigned long from, u32 bytes, bool nmi)
{
	void __user *user = (void __user *)from;
	u32 left;

	if (unlikely(!access_ok(user, bytes)))
		return 0;
	barrier_nospec();
	left = nmi ? copy_from_user_nmi(to, user, bytes) : raw_copy_from_user(to, user, bytes);
	return round_down(bytes - left, sizeof(u64));
}

bool pdiag_walk_part(struct pdiag_kmod_user *part, u32 most, struct pt_regs *regs, bool nmi)
{
	regs = user_regs(regs);
	if (!regs || !user_64bit_mode(regs))
		return false;
	pagefault_disable();
	part->bytes = copy_words(part->stack, regs->sp, most, nmi);
	pagefault_enable();
	memset(part->stack + part->bytes, 0, most - part->bytes);
	part->reserved = 0;
	part->di = regs->di;
	part->bp = regs->bp;
	part->sp = regs->sp;
	part->ip = regs->ip;
	return true;
}

void pdiag_walk_current(
	struct pdiag_walk *walk, struct pt_regs *regs, const void *from, u32 what)
{
	walk->nr = 0;
	walk->hash = 0;
	walk->flags = 0;
	if ((what & PDIAG_WALK_KERNEL) && !(regs && user_mode(regs)))
		walk_kernel(walk, regs, from);
	regs = what & PDIAG_WALK_USER ? user_regs(regs) : NULL;
	if (regs)
		pdiag_walk_user(walk, regs, what & PDIAG_WALK_NMI);
}
