/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tasks that are away from the CPU: when each left and with which stack, when it was woken
 * and by whom. A hash table with bounded probes; slots are made when a task leaves and freed when
 * it is back.
 *
 * Who writes: the CPU that a task leaves makes its slot, the waker (one at a time, by the task's
 * own lock) adds to it, the CPU that it comes to reads and frees it. The scheduler puts these
 * three in order; a waker that is faster than the leaving finds no slot, and its time is not known.
 */
#ifndef PDIAG_AWAY_H
#define PDIAG_AWAY_H

#include <linux/sched.h>
#include <linux/types.h>

#include "uapi/pdiag_kmod.h"

#define PDIAG_AWAY_DEPTH 64  /* of the stack of who leaves, marks included */
#define PDIAG_AWAY_WAKER 32  /* of the waker's stack */

struct pdiag_away_slot {
	struct task_struct *task; /* NULL: free; never followed */
	u64 start;   /* of the task, as addresses are used again */
	u64 out;     /* ns */
	u64 woken;   /* ns; 0: not known */
	unsigned long switches; /* of the task so far, see pdiag_task_switches() */
	u32 scale;   /* waits that this one stands for; 0: the governor left it out */
	u16 state;   /* enum pdiag_kmod_state */
	u16 flags;   /* of the stack */
	u32 nr, waker_nr;
	u32 waker_pid, waker_tid;
	u32 pid, tid; /* as the reader has them */
	pid_t number; /* of the task, as the kernel has it */
	u16 waker_flags;
	u16 cpu;      /* that it left */
	bool has_user; /* the user's part was taken */
	/* The waker's come behind PDIAG_AWAY_DEPTH of them, and then the user's part. */
	u64 words[];
};

struct pdiag_away {
	u32 size; /* slots, a power of two */
	u32 stride; /* bytes of one */
	bool wakers;
	u32 user_bytes;
	u8 *slots;
};

int pdiag_away_init(struct pdiag_away *away, u32 size, bool wakers, u32 user_bytes);
void pdiag_away_free(struct pdiag_away *away);
/* Empty it, when nobody writes to it. */
void pdiag_away_clear(struct pdiag_away *away);
/* Of a table of that size. */
size_t pdiag_away_bytes(u32 size, bool wakers, u32 user_bytes);
/* The user's part of a slot; NULL: slots have none. */
struct pdiag_kmod_user *pdiag_away_user(
	const struct pdiag_away *away, struct pdiag_away_slot *slot);

/* A slot for a task that leaves, to be filled in and then published. NULL: there is no room. */
struct pdiag_away_slot *pdiag_away_take(struct pdiag_away *away, struct task_struct *task);
void pdiag_away_publish(struct pdiag_away_slot *slot, struct task_struct *task);
struct pdiag_away_slot *pdiag_away_find(struct pdiag_away *away, struct task_struct *task);
void pdiag_away_drop(struct pdiag_away_slot *slot);
/* The slot of this number if it is a task's, when nobody writes to them any more. Else NULL. */
struct pdiag_away_slot *pdiag_away_slot(struct pdiag_away *away, u32 number);

#endif
