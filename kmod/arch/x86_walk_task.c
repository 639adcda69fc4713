// SPDX-License-Identifier: GPL-2.0-only
/* Kernel frames of other tasks, by the kernel's own unwinder. */
#include "arch/walk.h"

#include <linux/perf_event.h>
#include <linux/stacktrace.h>
#include <asm/unwind.h>

#include "stack_table.h"

static void add(struct pdiag_walk *walk, u64 word)
{
	if (walk->nr >= walk->max) {
		walk->flags |= PDIAG_KMOD_TRUNCATED;
		return;
	}
	walk->words[walk->nr++] = word;
	walk->hash = pdiag_stack_hash(walk->hash, word);
}

#ifdef PDIAG_HAVE_STACK_TRACE_SAVE_TSK
static void walk_task(struct pdiag_walk *walk, struct task_struct *task)
{
	unsigned long *store = (unsigned long *)(walk->words + walk->nr);
	u32 i, nr, room = walk->max - walk->nr;

	BUILD_BUG_ON(sizeof(*store) != sizeof(*walk->words));
	nr = stack_trace_save_tsk(task, store, room, 0);
	if (nr == room)
		walk->flags |= PDIAG_KMOD_TRUNCATED;
	for (i = 0; i < nr; i++)
		add(walk, store[i]);
}
#else
static void walk_task(struct pdiag_walk *walk, struct task_struct *task)
{
	struct unwind_state state;
	unsigned long address;

	unwind_start(&state, task, NULL, NULL);
	for (; !unwind_done(&state); unwind_next_frame(&state)) {
		address = unwind_get_return_address(&state);
		if (!address || walk->flags & PDIAG_KMOD_TRUNCATED)
			return;
		add(walk, address);
	}
}
#endif

bool pdiag_walk_task(struct pdiag_walk *walk, struct task_struct *task)
{
	walk->nr = 0;
	walk->hash = 0;
	walk->flags = 0;
	add(walk, PERF_CONTEXT_KERNEL);
	walk_task(walk, task);
	if (walk->nr > 1)
		return true;
	walk->nr = 0;
	walk->hash = 0;
	return false;
}

struct pt_regs *pdiag_interrupted_regs(void)
{
	struct unwind_state state;
	struct pt_regs *regs;
	bool partial;
	int i;

	/* Between here and there are a few functions of the kernel. */
	unwind_start(&state, current, NULL, NULL);
	for (i = 0; i < 32 && !unwind_done(&state); i++, unwind_next_frame(&state)) {
		regs = unwind_get_entry_regs(&state, &partial);
		if (regs)
			return partial ? NULL : regs;
	}
	return NULL;
}
