/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One sample: who there is, who ran, and who is looked at. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "portrait/portrait.h"
#include "util/clock.h"

/*
 * A sample may take a few thousandths of its interval: so many for finding out who there is and who
 * ran, and so many for looks. Small machines are looked at as a whole whatever it costs.
 */
#define GLANCES_SHARE 5u
#define LOOKS_SHARE 3u
#define GLANCE_NS 4000u /* until it is known */
#define MEASURED 16u	/* each so many-th glance */
#define GLANCES_MIN 512u
#define LOOKS_MIN 64u
#define DUE_TURNS 4u /* one of so many of those that wait for a look is glanced at */
#define IDLE_AFTER 3u /* quiet glances; then it may wait for its turn */
#define UNSURE_SAMPLES 6u /* what only stat tells of is looked at this often, whatever it says */

static uint64_t now(const struct pdiag_portraits *p)
{
	return p->clock.now(p->clock.user, CLOCK_MONOTONIC);
}

/* ---- listing ---- */

/* 0: it is no number. */
static int32_t id_of(const char *name)
{
	int64_t id = 0;

	if (*name < '1' || *name > '9')
		return 0;
	for (; *name >= '0' && *name <= '9' && id <= INT32_MAX; name++)
		id = id * 10 + (*name - '0');
	return *name || id > INT32_MAX ? 0 : (int32_t)id;
}

int pdiag_portrait_list(
	int dir_fd, char *buffer, size_t size, pdiag_portrait_entry_fn fn, void *user)
{
	const struct dirent64 *entry;
	ssize_t n;
	int ret = 0;

	while (!ret && (n = getdents64(dir_fd, buffer, size)) > 0)
		for (ssize_t at = 0; !ret && at < n; at += entry->d_reclen) {
			int32_t id;

			entry = (const struct dirent64 *)(const void *)(buffer + at);
			id = id_of(entry->d_name);
			if (id)
				ret = fn(user, id, entry->d_ino);
		}
	return ret;
}

/* ---- glances ---- */

void pdiag_portrait_identify(struct pdiag_proc *proc, const struct pdiag_reading *r)
{
	if (!proc->spawner)
		proc->spawner = r->ppid;
	proc->ppid = r->ppid;
	proc->kernel = r->kernel;
	proc->threads = r->threads;
	proc->resident = r->resident;
	proc->state = r->state;
	memcpy(proc->comm, r->comm, sizeof(proc->comm));
}

/* A process that is new to us. What began after the last sample has counted from 0 since then. */
static int meet(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	struct pdiag_reading r;
	uint64_t began, at = now(p);
	int ret = pdiag_portrait_read_stat(p, proc->pid, &r);

	if (ret)
		return ret;
	pdiag_portrait_identify(proc, &r);
	proc->start = r.start;
	proc->first_ns = proc->base_ns = at;
	began = r.start * p->tick_ns;
	began = began > p->boot_ns ? began - p->boot_ns : 0;
	if (p->sample > 1 && began + p->tick_ns >= p->info.time_ns) {
		proc->based = true;
		proc->have = (1u << PDIAG_FLOWS) - 1;
		proc->first_ns = proc->base_ns = began < at ? began : at;
	}
	/* What it has used before that is its own, too, when it ends. */
	if (!proc->based)
		memcpy(proc->base, r.flow, sizeof(proc->base));
	proc->used = (r.flow[PDIAG_FLOW_USER] + r.flow[PDIAG_FLOW_SYSTEM]) * p->tick_ns;
	/* Even one that is idle has numbers to begin with. */
	proc->due = true;
	return 0;
}

/* Without schedstat, and for the threads that it does not count. */
static int glance_stat(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	struct pdiag_reading r;
	uint64_t ticks, was;
	int ret = pdiag_portrait_read_stat(p, proc->pid, &r);

	if (ret)
		return ret;
	if (r.start != proc->start)
		return -ESRCH;
	ticks = r.flow[PDIAG_FLOW_USER] + r.flow[PDIAG_FLOW_SYSTEM];
	was = proc->base[PDIAG_FLOW_USER] + proc->base[PDIAG_FLOW_SYSTEM];
	pdiag_portrait_identify(proc, &r);
	proc->used = ticks > was ? (ticks - was) * p->tick_ns : 0;
	if (proc->used || r.flow[PDIAG_FLOW_MINOR] != proc->base[PDIAG_FLOW_MINOR] ||
		r.flow[PDIAG_FLOW_CHILDREN] != proc->base[PDIAG_FLOW_CHILDREN] ||
		r.state == 'D' || p->sample - proc->looked >= UNSURE_SAMPLES) {
		proc->due = true;
		proc->quiet = 0;
	} else {
		proc->quiet++;
	}
	return 0;
}

static int read_run(struct pdiag_portraits *p, const struct pdiag_proc *proc, uint64_t *ns)
{
	struct pdiag_reading r;
	int ret;

	if (p->clock.cpu)
		return p->clock.cpu(p->clock.user, proc->pid, ns) ? -ESRCH : 0;
	ret = pdiag_portrait_read_run(p, proc->pid, &r);
	*ns = r.run_ns;
	return ret;
}

/* The time that it ran, to the nanosecond: if that has not changed, nothing has. */
static int glance_run(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	uint64_t at = now(p), run_ns;
	int ret = read_run(p, proc, &run_ns);

	if (ret)
		return ret;
	if (proc->has_run && run_ns == proc->run_ns && !proc->due) {
		proc->quiet++;
		/* Waiting in one call for all the time is no idleness. */
		if (proc->state == 'D')
			proc->due = true;
		else
			pdiag_portrait_rest(p, proc, at);
		return 0;
	}
	if (proc->has_run && run_ns < proc->run_ns)
		return -ESRCH;
	proc->used += proc->has_run ? run_ns - proc->run_ns : 0;
	proc->run_ns = run_ns;
	proc->has_run = true;
	proc->due = true;
	proc->quiet = 0;
	return 0;
}

static int glance(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	int ret = -ESRCH;

	if (p->clock.cpu || (p->run_counted && proc->threads == 1))
		ret = glance_run(p, proc);
	/* Gone; or it is schedstat that is not there, or another process. */
	return ret == -ESRCH ? glance_stat(p, proc) : ret;
}

static uint64_t cpu_now(void)
{
	return pdiag_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* Costs are learned from the last few. */
static void learn(uint64_t *cost, uint64_t seen)
{
	*cost = *cost ? (*cost * 7 + seen) / 8 : seen;
}

static int measured_glance(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	uint64_t began;
	int ret;

	if (p->glances++ % MEASURED)
		return glance(p, proc);
	began = cpu_now();
	ret = glance(p, proc);
	learn(&p->glance_ns, cpu_now() - began);
	return ret;
}

/* Where idle ones are more than can be glanced at in one sample they take turns. */
static bool its_turn(const struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	uint64_t budget = p->interval_ns / 1000 * GLANCES_SHARE, most, turns;

	if (proc->quiet < IDLE_AFTER || p->pid)
		return true;
	budget = budget > p->list_ns ? budget - p->list_ns : 0;
	most = budget / (p->glance_ns ? p->glance_ns : GLANCE_NS);
	most = most < GLANCES_MIN ? GLANCES_MIN : most;
	turns = (p->count + most - 1) / most;
	return turns <= 1 || ((uint32_t)proc->pid + p->sample) % turns == 0;
}

static int begin_new(struct pdiag_portraits *p, int32_t pid, uint64_t inode)
{
	struct pdiag_proc *proc = pdiag_portrait_add(p, pid);
	int ret;

	if (!proc) {
		if (p->count < p->max)
			p->error = -ENOMEM;
		return 0;
	}
	proc->inode = inode;
	proc->sample = p->sample;
	ret = meet(p, proc);
	if (ret)
		pdiag_portrait_remove(p, proc);
	return ret == -ESRCH ? 0 : ret;
}

/* Is it another process under this pid? The kernel may also have forgotten the directory. */
static bool is_another(struct pdiag_portraits *p, struct pdiag_proc *proc, uint64_t inode)
{
	struct pdiag_reading r;

	if (proc->inode == inode)
		return false;
	proc->inode = inode;
	return pdiag_portrait_read_stat(p, proc->pid, &r) || r.start != proc->start;
}

/* It is to be looked at anyway; what it used meanwhile only matters if others come before it. */
static bool waits_for_look(const struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	return proc->due && ((uint32_t)proc->pid + p->sample) % DUE_TURNS != 0;
}

static int visit(void *user, int32_t pid, uint64_t inode)
{
	struct pdiag_portraits *p = user;
	struct pdiag_proc *proc = pdiag_portrait_find(p, pid);
	int ret = 0;

	if (!proc)
		return begin_new(p, pid, inode);
	if (is_another(p, proc, inode))
		ret = -ESRCH;
	else if (!waits_for_look(p, proc) && its_turn(p, proc))
		ret = measured_glance(p, proc);
	if (!ret)
		proc->sample = p->sample;
	if (ret != -ESRCH)
		return ret;
	pdiag_portrait_bury_one(p, proc);
	return p->pid ? 0 : begin_new(p, pid, inode);
}

/* ---- looks ---- */

/* Who used most comes first; who waits long comes at last. */
static uint64_t urgency(const struct pdiag_portraits *p, const struct pdiag_proc *proc)
{
	return proc->used + (uint64_t)(p->sample - proc->looked) * 2000000u;
}

static int by_urgency(const void *a, const void *b, void *user)
{
	const struct pdiag_portraits *p = user;
	uint64_t x = urgency(p, &p->procs[*(const uint32_t *)a]);
	uint64_t y = urgency(p, &p->procs[*(const uint32_t *)b]);

	return (x < y) - (x > y);
}

static void gather(struct pdiag_portraits *p)
{
	p->due_count = 0;
	for (uint32_t i = 0; i < p->count; i++)
		if (p->procs[i].due)
			p->due[p->due_count++] = i;
}

static int look_at_due(struct pdiag_portraits *p)
{
	uint64_t budget = p->interval_ns / 1000 * LOOKS_SHARE, began = cpu_now();
	int ret, first = 0;

	gather(p);
	/* Once, more is in order: it is where history begins. */
	if (p->sample == 1)
		budget *= 4;
	if (p->due_count > LOOKS_MIN)
		qsort_r(p->due, p->due_count, sizeof(*p->due), by_urgency, p);
	for (size_t i = 0; i < p->due_count; i++) {
		if (i >= LOOKS_MIN && cpu_now() - began >= budget)
			break;
		ret = pdiag_portrait_look(p, &p->procs[p->due[i]]);
		if (ret == -EMFILE || ret == -ENFILE)
			return ret;
		first = ret == -ENOMEM ? ret : first;
		p->looks++;
	}
	return first;
}

/* ---- all ---- */

static int open_listing(const struct pdiag_portraits *p)
{
	/* A descriptor of its own, as it has a place in the listing. */
	return openat(p->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int list_one(struct pdiag_portraits *p)
{
	struct pdiag_reading r;
	struct pdiag_proc *proc = pdiag_portrait_find(p, p->pid);
	int ret = pdiag_portrait_read_stat(p, p->pid, &r);

	if (ret)
		return ret == -ESRCH ? 0 : ret;
	/* It was of one process from the beginning: another with that pid is none of ours. */
	if (!proc && p->sample > 1)
		return 0;
	if (proc && proc->start != r.start)
		return 0;
	return visit(p, p->pid, proc ? proc->inode : 0);
}

static int list_all(struct pdiag_portraits *p)
{
	uint64_t began = cpu_now(), took, glances;
	int ret, fd = open_listing(p);

	if (fd < 0)
		return -errno;
	ret = pdiag_portrait_list(fd, p->names, PDIAG_PORTRAIT_BUFFER, visit, p);
	close(fd);
	took = cpu_now() - began;
	glances = p->glances * p->glance_ns;
	/* What was spent on meeting new ones belongs to it, too: they may come at any time. */
	if (p->sample > 1)
		learn(&p->list_ns, took > glances ? took - glances : 0);
	return ret;
}

int pdiag_portrait_walk(struct pdiag_portraits *p)
{
	int ret;

	p->error = 0;
	p->looks = p->glances = 0;
	ret = p->pid ? list_one(p) : list_all(p);
	/* A listing that was broken off says nothing about who is gone. */
	if (ret)
		return ret;
	pdiag_portrait_bury(p);
	ret = look_at_due(p);
	return ret ? ret : p->error;
}
