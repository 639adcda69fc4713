/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User frames by frame pointers, inline: this loop is most of what a sample costs, and around it
 * every call, every word kept in memory instead of a register is seen in the figures.
 */
#ifndef PDIAG_ARCH_X86_FRAMES_H
#define PDIAG_ARCH_X86_FRAMES_H

#include <linux/minmax.h>
#include <linux/perf_event.h>
#include <linux/uaccess.h>

#include "arch/walk.h"
#include "stack_table.h"

/* The user's stack may be anywhere, but one stack is not larger than this. */
#define PDIAG_STACK_SPAN (64ul << 20)

struct pdiag_frame {
	unsigned long next;
	unsigned long ret;
};

/*
 * May a function return to there? Where there are no frame pointers a program's data is taken for
 * one. A word that is no address of user space ends the stack: it could look like one of the
 * kernel, or like the marks between both.
 */
#define PDIAG_MAY_RETURN(ret, limit) ((ret) - 1 < (limit))

/* Up one frame; four of them in a row save a quarter of the instructions. */
#define PDIAG_STEP                                                                              \
	do {                                                                                    \
		unsafe_get_user(next, &((struct pdiag_frame __user *)fp)->next, fault);         \
		unsafe_get_user(ret, &((struct pdiag_frame __user *)fp)->ret, fault);           \
		if (unlikely(!PDIAG_MAY_RETURN(ret, limit)))                                    \
			goto done;                                                              \
		*word++ = ret;                                                                  \
		hash = pdiag_stack_hash(hash, ret);                                             \
		if (next <= fp || next > high)                                                  \
			goto done;                                                              \
		fp = next;                                                                      \
	} while (0)

/*
 * One window of user access for all frames, from the stack pointer on; frames only go up in it, so
 * what is outside ends the walk. Page faults are off.
 */
static __always_inline void pdiag_walk_frames(
	struct pdiag_walk *walk, unsigned long fp, unsigned long low)
{
	unsigned long ret, next, high, limit = TASK_SIZE_MAX - 1;
	u64 *word = walk->words + walk->nr, *end = walk->words + walk->max;
	u64 hash = walk->hash;

	high = min(low + PDIAG_STACK_SPAN, TASK_SIZE_MAX) - sizeof(struct pdiag_frame);
	if (unlikely(low >= TASK_SIZE_MAX - sizeof(struct pdiag_frame) || fp < low || fp > high))
		return;
	if (!user_access_begin((void __user *)low, high + sizeof(struct pdiag_frame) - low))
		return;
	while (word + 4 <= end) {
		PDIAG_STEP;
		PDIAG_STEP;
		PDIAG_STEP;
		PDIAG_STEP;
	}
	while (word < end)
		PDIAG_STEP;
	walk->flags |= PDIAG_KMOD_TRUNCATED;
	goto done;
fault:
	walk->flags |= PDIAG_KMOD_FAULTED;
done:
	user_access_end();
	walk->nr = word - walk->words;
	walk->hash = hash;
}

/* As PDIAG_STEP, but only as long as it is what is expected. */
#define PDIAG_MATCH                                                                             \
	do {                                                                                    \
		unsafe_get_user(next, &((struct pdiag_frame __user *)fp)->next, differs);       \
		unsafe_get_user(ret, &((struct pdiag_frame __user *)fp)->ret, differs);         \
		if (ret != *word)                                                               \
			goto differs;                                                           \
		word++;                                                                         \
		if (next <= fp || next > high)                                                  \
			goto done;                                                              \
		fp = next;                                                                      \
	} while (0)

/*
 * Is the stack of a 64-bit program that was interrupted in user mode just this one? Most stacks
 * were there before, and to see that costs half of what walking, hashing and comparing them does.
 * "No" may be wrong, "yes" may not. The first two words have been looked at.
 */
static __always_inline bool pdiag_walk_is(const u64 *words, u32 nr, const struct pt_regs *regs)
{
	unsigned long ret, next, high, low = regs->sp, fp = regs->bp;
	const u64 *word = words + 2, *end = words + nr;

	high = min(low + PDIAG_STACK_SPAN, TASK_SIZE_MAX) - sizeof(struct pdiag_frame);
	if (unlikely(low >= TASK_SIZE_MAX - sizeof(struct pdiag_frame) || fp < low || fp > high))
		return false;
	if (!user_access_begin((void __user *)low, high + sizeof(struct pdiag_frame) - low))
		return false;
	while (word + 4 <= end) {
		PDIAG_MATCH;
		PDIAG_MATCH;
		PDIAG_MATCH;
		PDIAG_MATCH;
	}
	while (word < end)
		PDIAG_MATCH;
	/* It goes on, if not into nothing. */
	unsafe_get_user(ret, &((struct pdiag_frame __user *)fp)->ret, differs);
	if (PDIAG_MAY_RETURN(ret, TASK_SIZE_MAX - 1))
		goto differs;
done:
	user_access_end();
	return word == end;
differs:
	user_access_end();
	return false;
}

/*
 * The commonest case: a 64-bit program was interrupted in user mode. There is room for the two
 * words that are always there. Page faults are off.
 */
static __always_inline void pdiag_walk_interrupted(struct pdiag_walk *walk, struct pt_regs *regs)
{
	u64 hash;

	walk->words[0] = PERF_CONTEXT_USER;
	walk->words[1] = regs->ip;
	hash = pdiag_stack_hash(0, PERF_CONTEXT_USER);
	walk->hash = pdiag_stack_hash(hash, regs->ip);
	walk->nr = 2;
	walk->flags = 0;
	pdiag_walk_frames(walk, regs->bp, regs->sp);
}

/* Was a 64-bit program interrupted in user mode? */
static __always_inline bool pdiag_in_user64(const struct pt_regs *regs)
{
	return regs && regs->cs == __USER_CS && current->mm;
}

#endif
