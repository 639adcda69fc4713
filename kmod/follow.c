// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target and what it creates. A hash set of pids: of processes for a process, whose threads
 * belong to it anyway, of threads for a thread. Forks add to it, exits take away; it is read in
 * interrupts at the same time, so that a slot is either free or has a pid, and probes are bounded.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/vmalloc.h>

#include "filter.h"
#include "hooks.h"
#include "session.h"

#define SLOTS 16384
#define PROBES 32

struct pdiag_follow {
	struct pdiag_session *session;
	bool threads; /* pids are of threads, not of processes */
	u32 hooks;    /* in place */
	atomic_t pid[SLOTS];
};

size_t pdiag_follow_bytes(void)
{
	return sizeof(struct pdiag_follow);
}

static u32 slot(pid_t pid)
{
	return hash_32(pid, ilog2(SLOTS));
}

static int find(const struct pdiag_follow *follow, pid_t pid)
{
	u32 i, at = slot(pid);

	/* Idle tasks are nobody's; zero is a free slot. */
	for (i = 0; pid && i < PROBES; i++, at = (at + 1) & (SLOTS - 1))
		if (atomic_read(&follow->pid[at]) == pid)
			return at;
	return -1;
}

static bool insert(struct pdiag_follow *follow, pid_t pid)
{
	u32 i, at = slot(pid);

	if (find(follow, pid) >= 0)
		return true;
	for (i = 0; i < PROBES; i++, at = (at + 1) & (SLOTS - 1))
		if (!atomic_cmpxchg(&follow->pid[at], 0, pid))
			return true;
	return false;
}

static pid_t key(const struct pdiag_follow *follow, const struct task_struct *task)
{
	return follow->threads ? task->pid : task->tgid;
}

bool pdiag_follow_has(const struct pdiag_follow *follow, const struct task_struct *task)
{
	return find(follow, key(follow, task)) >= 0;
}

static void on_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	struct pdiag_follow *follow = data;
	struct pdiag_cpu *cpu;

	if (!pdiag_follow_has(follow, parent) || insert(follow, key(follow, child)))
		return;
	preempt_disable();
	cpu = follow->session->cpu[smp_processor_id()];
	if (cpu)
		cpu->lost[PDIAG_KMOD_LOST_INHERIT]++;
	preempt_enable();
}

/* Called when a task's memory is given back, so after its last sample. */
static void on_free(void *data, struct task_struct *task)
{
	struct pdiag_follow *follow = data;
	int at;

	if (!follow->threads && task->pid != task->tgid)
		return;
	at = find(follow, task->pid);
	if (at >= 0)
		atomic_set(&follow->pid[at], 0);
}

static int hook(struct pdiag_follow *follow)
{
	int err = pdiag_hook("sched_process_fork", on_fork, follow);

	if (err)
		return err;
	follow->hooks = 1;
	err = pdiag_hook("sched_process_free", on_free, follow);
	if (!err)
		follow->hooks = 2;
	return err;
}

/* Children that are there already do not count; threads of a process do, by its pid. */
int pdiag_follow_new(struct pdiag_session *session, struct pdiag_follow **out)
{
	struct pdiag_follow *follow = vzalloc(sizeof(*follow));
	int err;

	if (!follow)
		return -ENOMEM;
	follow->session = session;
	follow->threads = session->filter.target == PDIAG_KMOD_THREAD;
	insert(follow, session->filter.pid);
	err = hook(follow);
	if (err) {
		pdiag_follow_free(follow);
		return err;
	}
	*out = follow;
	return 0;
}

void pdiag_follow_free(struct pdiag_follow *follow)
{
	if (!follow)
		return;
	if (follow->hooks > 0)
		pdiag_unhook("sched_process_fork", on_fork, follow);
	if (follow->hooks > 1)
		pdiag_unhook("sched_process_free", on_free, follow);
	pdiag_hook_sync();
	vfree(follow);
}
