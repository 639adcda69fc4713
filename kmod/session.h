/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session: what one open file gathers, and how. It consists of parts, one a CPU, which only
 * that CPU writes to, with interrupts off, so nothing here is locked while it runs.
 *
 * Life: made, started and stopped (any number of times), freed at the last close. `lock` orders
 * the calls of user space; the callbacks take no lock. Stop returns when no callback runs any
 * more, so what they use can be freed or read afterwards.
 */
#ifndef PDIAG_SESSION_H
#define PDIAG_SESSION_H

#include <linux/cred.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "filter.h"
#include "pending.h"
#include "ring.h"
#include "stack_table.h"
#include "uapi/pdiag_kmod.h"

struct pdiag_offcpu;
struct pdiag_tasks;
struct pdiag_probes;

struct pdiag_governor {
	u64 window;	/* when it began, ns */
	u64 judge_at;	/* when it ends */
	u64 used;	/* cycles of callbacks in it */
	u64 cycles;	/* before it */
	u64 spent;	/* by all sessions on this CPU when it began */
	u64 callbacks;
	u64 throttled;
	u64 told;	/* `untold`: the period that the reader knows of */
	bool untold;	/* a change found no room in the ring */
	u32 shift;	/* events: only one in 1 << shift is looked at */
	u32 chance;	/* never 0 */
};

/* Where in a row of short waits the next one is that stands for others, see offcpu.c. */
struct pdiag_mark {
	u64 left; /* ns to it ... */
	u64 rest; /* ... and from there to the end of its stretch; 0: none yet */
};

/* The part of a session that belongs to one CPU. */
struct pdiag_cpu {
	struct pdiag_session *session;
	u32 number;
	u32 busy;	/* a callback is at work: an NMI in between must not write */
	u64 period;	/* ns between ticks */
	u64 covers;	/* ns from the last tick to the one that is set, with the period of then */
	u64 nested;	/* weight that NMIs could not deliver */
	u64 samples, late, stacks_sent;
	u64 frozen_head; /* flight recorder: the ring's when it was frozen or stopped */
	u64 lost[PDIAG_KMOD_LOSSES], lost_told[PDIAG_KMOD_LOSSES];
	u64 short_waits, short_ns;
	struct pdiag_mark short_blocked, short_waiting;
	struct pdiag_ring ring;
	struct pdiag_stack_table stacks;
	struct pdiag_pending pending;
	struct pdiag_governor governor;
	struct hrtimer timer;
	struct perf_event *counter; /* cycles, instead of the timer */
	bool armed;
	bool timed;	/* armed by the timer, not the counter */
	struct irq_work wake;
};

struct pdiag_session {
	struct mutex lock;
	struct list_head node; /* of the running ones */
	u32 events, flags;
	u32 max_depth;
	u32 user_bytes; /* of the user's stack with each record; 0: none */
	u32 walk; /* PDIAG_WALK_USER, and PDIAG_WALK_KERNEL if that may be seen */
	u32 watermark;
	u64 period;	/* ns between samples, as asked; 0: none */
	u64 budget_ppm;
	u64 off_cpu_min;
	u64 stopped;	/* when, of one that does not run any more */
	bool running;
	bool frozen;
	bool whole; /* frozen, and nothing is written any more */
	u64 frozen_at;	/* ns */
	bool all; /* every task, idle ones too */
	bool restricted; /* of a user who may see only what is his */
	struct pid_namespace *ns; /* NULL: the initial one */
	const struct cred *cred; /* restricted: whose tasks */
	struct pdiag_filter filter;
	wait_queue_head_t readers;
	struct hrtimer reminder; /* wakes readers of rings below the watermark */
	u64 remind;
	u64 total_bytes;
	u64 charged; /* restricted: of that, to those of the group */
	u32 nr_rings;
	struct pdiag_offcpu *offcpu; /* NULL: not asked for */
	struct pdiag_tasks *tasks;
	struct pdiag_probes *probes;
	struct pdiag_cpu *cpu[]; /* nr_rings - 1; NULL: left out */
};

/* session.c */
int pdiag_session_new(struct pdiag_kmod_session *options, bool restricted,
	struct pdiag_session **out);
void pdiag_session_free(struct pdiag_session *session);
int pdiag_session_start(struct pdiag_session *session);
int pdiag_session_stop(struct pdiag_session *session);
/* Stop or restart a flight recorder. From a sleeping context; -EINVAL: it is none. */
int pdiag_session_freeze(struct pdiag_session *session, bool frozen);
/* The ring of this number, NULL if there is none. */
struct pdiag_ring *pdiag_session_ring(struct pdiag_session *session, u64 number);

/* session_file.c: a new file descriptor that owns the session, or a negative errno. */
int pdiag_session_fd(struct pdiag_session *session);

/* session_cpu.c */
struct pdiag_cpu *pdiag_cpu_new(
	struct pdiag_session *session, u32 number, const struct pdiag_kmod_session *options);
void pdiag_cpu_free(struct pdiag_cpu *cpu);

/* sampler.c: on the CPU itself */
int pdiag_sampler_open(struct pdiag_session *session);
void pdiag_sampler_arm(struct pdiag_cpu *cpu);
/* To be armed where sleeping is allowed, on any CPU; else on its own, in an interrupt or not. */
bool pdiag_sampler_sleeps(const struct pdiag_cpu *cpu);
void pdiag_sampler_disarm(struct pdiag_cpu *cpu);

/* hotplug.c: run the session's samplers on all its CPUs, those that come later too. */
int pdiag_hotplug_init(void);
void pdiag_hotplug_exit(void);
void pdiag_hotplug_start(struct pdiag_session *session);
void pdiag_hotplug_stop(struct pdiag_session *session);

/* stats.c */
void pdiag_session_stats(struct pdiag_session *session, struct pdiag_kmod_stats *stats);

/* governor.c */
void pdiag_governor_judge(struct pdiag_cpu *cpu, u64 now);
/* Cycles of all sessions on this CPU; those of the group's members by themselves, at 1. */
DECLARE_PER_CPU(u64, pdiag_governor_spent[2]);

/* A callback took this many cycles. */
static inline void pdiag_governor_account(struct pdiag_cpu *cpu, u64 now, u64 cycles)
{
	struct pdiag_governor *governor = &cpu->governor;

	governor->used += cycles;
	__this_cpu_add(pdiag_governor_spent[cpu->session->restricted], cycles);
	governor->callbacks++;
	if (unlikely(now >= governor->judge_at))
		pdiag_governor_judge(cpu, now);
}

/* Marsaglia's xorshift. */
static inline u32 pdiag_chance(struct pdiag_cpu *cpu)
{
	u32 x = cpu->governor.chance;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	cpu->governor.chance = x;
	return x;
}

/*
 * Is this event looked at? By chance, as what comes in turns, like two tasks that wait for each
 * other, would be met by counting always or never.
 */
static inline bool pdiag_governor_turn(struct pdiag_cpu *cpu)
{
	u32 shift = cpu->governor.shift;

	return likely(!shift) || !(pdiag_chance(cpu) >> (32 - shift));
}

/* True: this event is left out; the weight of the others makes up for it. */
static inline bool pdiag_governor_skip(struct pdiag_cpu *cpu)
{
	if (pdiag_governor_turn(cpu))
		return false;
	cpu->lost[PDIAG_KMOD_LOST_BUDGET]++;
	return true;
}

/* Is the session about this task? */
static inline bool pdiag_session_wants(
	const struct pdiag_session *session, struct task_struct *task)
{
	return likely(session->all) || pdiag_filter_match(session, task);
}

/* Who a task is to the reader of this session. */
static inline u32 pdiag_session_pid(const struct pdiag_session *session, struct task_struct *task)
{
	return likely(!session->ns) ? task->tgid :
		__task_pid_nr_ns(task, PIDTYPE_TGID, session->ns);
}

static inline u32 pdiag_session_tid(const struct pdiag_session *session, struct task_struct *task)
{
	return likely(!session->ns) ? task->pid :
		__task_pid_nr_ns(task, PIDTYPE_PID, session->ns);
}

#endif
