/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a diagnosis probe is made of. A probe is one file in probes/ that defines one struct
 * pdiag_probe and is named in probes/list.c: it says what it hooks, what it measures and what its
 * parameters are. All else is done for it: attaching and taking off, filters, thresholds,
 * histograms, stacks, event records, what its callbacks cost, memory.
 *
 * A hook function looks like this:
 *
 *	struct pdiag_probe_call call;
 *
 *	if (!pdiag_probe_enter(&call, run, task))
 *		return;
 *	if (pdiag_probe_measure(&call, value))
 *		pdiag_probe_event(&call, &(struct pdiag_probe_seen) { .task = task, ... });
 *	pdiag_probe_leave(&call);
 *
 * Between enter and leave interrupts are off: bounded work, no locks, no allocation, no printk.
 */
#ifndef PDIAG_PROBE_KIT_H
#define PDIAG_PROBE_KIT_H

#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "session.h"

struct pdiag_probe_run;

/* A tick of a probe's timer. */
struct pdiag_probe_tick {
	u64 now;
	u64 late;	      /* ns behind the time it was set to */
	u64 missed;	      /* ticks that should have come in between */
	struct pt_regs *regs; /* what was interrupted, or NULL */
};

enum pdiag_probe_hook_kind {
	PDIAG_HOOK_TRACEPOINT = 1,
	PDIAG_HOOK_KPROBE,
	PDIAG_HOOK_KRETPROBE,
	PDIAG_HOOK_TIMER, /* on each CPU; at most one a probe */
};

struct pdiag_probe_hook {
	enum pdiag_probe_hook_kind kind;
	const char *name; /* of the tracepoint or function */
	union {
		/* Of the tracepoint's type, with the run as its first argument. */
		void *tracepoint;
		void (*kprobe)(struct pdiag_probe_run *run, struct pt_regs *regs);
		/* At the return; `data` is what `entry` left there. */
		void (*kretprobe)(
			struct pdiag_probe_run *run, void *data, struct pt_regs *regs);
		void (*timer)(struct pdiag_probe_run *run, const struct pdiag_probe_tick *tick);
	};
	/* kretprobe; false: this call is not followed to its return. */
	bool (*entry)(struct pdiag_probe_run *run, void *data, struct pt_regs *regs);
	u32 data_size;	  /* kretprobe */
	u32 period_param; /* timer: the parameter that is its period in ns */
};

#define PDIAG_PROBE_HOOKS 8

/*
 * The names of args tell their type behind a colon; without one it is a number. A value of
 * several words takes as many args of the same name.
 *
 *	ns	a duration		int	a signed number
 *	text	characters		symbol	an address in the kernel
 *	ip	an address, two words, IPv4 as ::ffff:a.b.c.d, in network order
 *	syscall	of a system call	reason	why a packet was dropped
 *	protocol of the network layer, as in Ethernet, << 16, and that above it, as in IP
 *	ports	of the sender << 16, and of the receiver
 *	owner	the process that the stack is of, if it is not the event's
 */
struct pdiag_probe {
	const char *name;
	const char *unit; /* of the value */
	const char *text;
	/* Why it cannot work on this kernel, beside its hooks; NULL: it can. */
	const char *(*why)(void);
	/* Parameter 0 is the threshold: from this value on there is an event. */
	struct pdiag_kmod_param param[PDIAG_KMOD_PARAMS];
	const char *arg[PDIAG_KMOD_ARGS_MAX];
	/* Up to the first without a kind. Put in place in this order, taken off in the reverse. */
	struct pdiag_probe_hook hook[PDIAG_PROBE_HOOKS];
	u32 state_size; /* of memory for each run, and for each of its CPUs; all zero at first */
	u32 cpu_size;
	/* Before the first hook and after the last one; may sleep. */
	int (*start)(struct pdiag_probe_run *run);
	void (*stop)(struct pdiag_probe_run *run);
};

/* Begins the definition of one. */
#define PDIAG_PROBE(name)                                                                       \
	extern const struct pdiag_probe name;                                                   \
	const struct pdiag_probe name

/* probes/list.c: all of them, ended by NULL. Their order is their index. */
extern const struct pdiag_probe *const pdiag_probes[];

/* What a run keeps for each CPU. */
struct pdiag_probe_cpu {
	struct pdiag_probe_run *run;
	u64 count, sum, max, events;
	u64 bucket[65];
	u64 judge_at;	/* the governor's window in which these were recorded: */
	u32 recorded;
	bool armed;
	struct hrtimer timer;
	u64 state[];	/* the probe's own */
};

/* A hook in place. */
struct pdiag_probe_place {
	struct pdiag_probe_run *run;
	const struct pdiag_probe_hook *hook;
	bool on;
	struct kretprobe kretprobe; /* a kprobe uses the one in it */
};

/* A probe attached to a session. */
struct pdiag_probe_run {
	const struct pdiag_probe *probe;
	struct pdiag_session *session;
	u32 index;
	u64 param[PDIAG_KMOD_PARAMS];
	struct pdiag_probe_cpu __percpu *cpus;
	u64 period;		/* of the timer, ns */
	struct hlist_node node; /* of runs with timers */
	bool started;
	struct pdiag_probe_place place[PDIAG_PROBE_HOOKS];
	u64 state[];		/* the probe's own */
};

/* One call of a hook function, on whose stack it lies: stacks begin above it. */
struct pdiag_probe_call {
	struct pdiag_probe_run *run;
	struct pdiag_cpu *cpu;
	struct pdiag_probe_cpu *own;
	u64 now, began;
	unsigned long irqs;
};

/* A stack that is kept for later. */
struct pdiag_probe_stack {
	u32 nr;
	u16 flags;
	u64 words[PDIAG_STACK_WORDS];
};

/* What there is to say of an event. */
struct pdiag_probe_seen {
	struct task_struct *task; /* whom it is about */
	u64 value;
	struct pt_regs *regs;	  /* whose stack; NULL: of the hook function's caller */
	const struct pdiag_probe_stack *stack; /* or this one */
	u16 flags;
	u32 nr_args;
	u64 args[PDIAG_KMOD_ARGS_MAX];
};

/* False: not on this CPU, not this task (NULL: any), not now; and nothing to leave. */
bool pdiag_probe_enter(
	struct pdiag_probe_call *call, struct pdiag_probe_run *run, struct task_struct *task);
/* Into the histogram. True: this is worth an event. */
bool pdiag_probe_measure(struct pdiag_probe_call *call, u64 value);
void pdiag_probe_event(struct pdiag_probe_call *call, const struct pdiag_probe_seen *seen);
/* The current stack, from regs on or from the hook function's caller. */
void pdiag_probe_keep_stack(struct pdiag_probe_call *call, struct pt_regs *regs,
	struct pdiag_probe_stack *stack);
void pdiag_probe_leave(struct pdiag_probe_call *call);

static inline u64 pdiag_probe_threshold(const struct pdiag_probe_run *run)
{
	return run->param[0];
}

/* The probe is about this task. Of all tasks: of idle ones, too, as interrupts come to them. */
static inline bool pdiag_probe_wants(const struct pdiag_probe_run *run, struct task_struct *task)
{
	return likely(run->session->filter.target == PDIAG_KMOD_ALL) ||
		pdiag_filter_match(run->session, task);
}

/* Its name, and nothing of what was in its place before. */
static inline void pdiag_probe_comm(char to[PDIAG_KMOD_COMM_LEN], const struct task_struct *task)
{
	u32 i;

	for (i = 0; i + 1 < PDIAG_KMOD_COMM_LEN && task->comm[i]; i++)
		to[i] = task->comm[i];
	memset(to + i, 0, PDIAG_KMOD_COMM_LEN - i);
}

/* The CPU's own state, with interrupts or preemption off. */
static inline void *pdiag_probe_cpu_state(struct pdiag_probe_run *run)
{
	return this_cpu_ptr(run->cpus)->state;
}

/* probe_hook.c: put the hooks of a run in place, or take off those that are. */
int pdiag_probe_hook_all(struct pdiag_probe_run *run);
/* Followed by pdiag_hook_sync(). */
void pdiag_probe_unhook_all(struct pdiag_probe_run *run);
/* Calls that the kernel's own hooks skipped. */
u64 pdiag_probe_missed(const struct pdiag_probe_run *run);
/* What the hook is, and why it cannot be had here, as text; false: it can. */
void pdiag_probe_hook_text(const struct pdiag_probe_hook *hook, char *text, size_t size);
bool pdiag_probe_hook_why(const struct pdiag_probe_hook *hook, char *why, size_t size);

/* probe_timer.c: timers on all CPUs of a run, those that come later too. */
void pdiag_probe_timer_init(void);
void pdiag_probe_timer_exit(void);
bool pdiag_probe_timer_possible(void);
int pdiag_probe_timer_start(struct pdiag_probe_run *run);
void pdiag_probe_timer_stop(struct pdiag_probe_run *run);

#endif
