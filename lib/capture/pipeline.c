/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/boot.h"
#include "core/error.h"
#include "profile/ledger.h"

/* What ended processes had mapped is kept this long, for samples that come late. */
#define PRUNE_NS 10000000000ull

static int record_seed(void *user, const struct pdiag_record *record)
{
	struct pdiag_pipeline *p = user;

	if (p->recording)
		pdiag_recording_put(p->recording, record);
	return 0;
}

int pdiag_pipeline_init(struct pdiag_pipeline *p, struct pdiag *context, bool live)
{
	int ret;

	*p = (struct pdiag_pipeline){ .context = context, .live = live };
	p->max_depth = PDIAG_UNWIND_MAX;
	ret = pdiag_processes_new(context, live, record_seed, p, &p->processes);
	if (!ret)
		ret = pdiag_profile_new_borrowed(context, &p->profile);
	if (ret) {
		pdiag_pipeline_free(p);
		return pdiag_fail_memory("preparing a capture");
	}
	return 0;
}

void pdiag_pipeline_begin(struct pdiag_pipeline *p)
{
	if (!p->recording || p->held)
		return;
	pdiag_recording_hold(p->recording);
	pdiag_recording_running(p->recording, true);
	p->held = p->running = true;
}

void pdiag_pipeline_end(struct pdiag_pipeline *p)
{
	if (p->running)
		pdiag_recording_running(p->recording, false);
	p->running = false;
}

void pdiag_pipeline_free(struct pdiag_pipeline *p)
{
	pdiag_pipeline_end(p);
	/* If the capture never began, the recording may be gone. */
	if (p->held)
		pdiag_recording_release(p->recording);
	p->held = false;
	pdiag_processes_free(p->processes);
	if (p->profile)
		pdiag_profile_destroy(p->profile);
	pdiag_stack_table_free(&p->stacks);
	pdiag_stack_map_free(&p->stack_map);
	pdiag_switches_free(&p->switches);
	pdiag_ring_stacks_free(&p->ring_stacks);
	free(p->numbers);
	p->processes = NULL;
	p->profile = NULL;
	p->numbers = NULL;
}

static void put(struct pdiag_pipeline *p, const struct pdiag_record *record)
{
	/* The error sticks in the recording; its finish tells. */
	if (p->recording)
		pdiag_recording_put(p->recording, record);
}

void pdiag_pipeline_lose(struct pdiag_pipeline *p, enum pdiag_loss_reason reason, int32_t cpu,
	uint64_t time, uint64_t events)
{
	struct pdiag_record r = {
		.type = PDIAG_RECORD_LOSS, .cpu = cpu, .pid = -1, .tid = -1, .time = time,
		.loss = { .events = events, .reason = reason, .pid = -1 },
	};

	put(p, &r);
	pdiag_profile_lose(p->profile, reason, cpu, -1, time, events);
}

static int take_info(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	struct pdiag_profile *profile = p->profile;
	uint64_t boot[2];

	put(p, r);
	if (r->flags & PDIAG_RECORD_OUT) {
		profile->end_time = r->time;
		return 0;
	}
	/* Each window of a flight recorder says how it was made; the first begins the profile. */
	if (!profile->entry_count)
		pdiag_profile_begin(profile, r->time, r->info.realtime);
	profile->period_ns = r->info.period_ns;
	profile->hz = r->info.hz;
	pdiag_boot_id(boot);
	if (!p->live && (boot[0] || boot[1]) && boot[0] == r->info.boot_id[0] &&
		boot[1] == r->info.boot_id[1]) {
		p->same_boot = true;
		pdiag_processes_same_boot(p->processes);
	}
	return 0;
}

static int take_loss(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	put(p, r);
	if (r->loss.reason > PDIAG_LOSS_LAST)
		return 0;
	return pdiag_profile_lose(p->profile, r->loss.reason, r->cpu, r->loss.pid, r->time,
		r->loss.events);
}

/* Is an absence of *ns kept? Then *ns becomes what it stands for. */
static bool is_kept(struct pdiag_pipeline *p, const struct pdiag_absence *a, uint64_t *ns)
{
	if (*ns >= p->off_cpu_min_ns)
		return true;
	if (p->sample_short)
		*ns = pdiag_short_wait(&p->short_waits, a->preempted, *ns, p->off_cpu_min_ns);
	return p->sample_short && *ns;
}

/* A thread is back on a CPU: its absence becomes a sample. */
static int take_return(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	struct pdiag_absence a;
	struct pdiag_record sample;
	uint64_t ns;

	if (!pdiag_switches_return(&p->switches, r->tid, &a))
		return 0; /* it left before the capture began */
	if (r->time < p->from)
		return 0;
	ns = r->time - a.since;
	if (r->time < a.since || !is_kept(p, &a, &ns)) {
		pdiag_pipeline_lose(p, PDIAG_LOSS_SHORT, r->cpu, r->time, 1);
		return 0;
	}
	sample = (struct pdiag_record){
		.type = PDIAG_RECORD_SAMPLE, .cpu = r->cpu, .pid = a.pid, .tid = a.tid,
		.time = r->time,
		.sample = { .stack = a.stack, .weight = ns,
			.state = a.preempted ? PDIAG_STATE_PREEMPTED : PDIAG_STATE_BLOCKED },
	};
	return pdiag_pipeline_sample(p, &sample);
}

static int take_switch(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	if (!r->tid)
		return 0; /* the idle task */
	if (!(r->flags & PDIAG_RECORD_OUT))
		return take_return(p, r);
	if (r->flags & PDIAG_RECORD_PREEMPT)
		pdiag_switches_preempted(&p->switches, r->tid);
	return 0;
}

static int take_leave(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	struct pdiag_absence a = { .pid = r->pid, .tid = r->tid, .cpu = r->cpu, .since = r->time };
	uint64_t before;
	int ret;

	/*
	 * The idle task; and a thread that has ended leaves a last time, after its EXIT, to be seen
	 * no more. By then the kernel may have taken its number away, which is -1 then.
	 */
	if (r->tid <= 0 || pdiag_processes_ended(p->processes, r->tid, r->time))
		return 0;
	a.stack = pdiag_pipeline_sample_stack(p, r);
	if (a.stack == PDIAG_STACK_NONE)
		return -ENOMEM;
	ret = pdiag_switches_leave(&p->switches, &a, &before);
	if (!ret && before > p->armed)
		pdiag_pipeline_lose(p, PDIAG_LOSS_UNPAIRED, r->cpu, r->time, 1);
	return ret;
}

/* Who is on a CPU has returned while the flight recorder was frozen. */
static void see_running(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	struct pdiag_absence a;

	if (p->switches.count && pdiag_switches_find(&p->switches, r->tid, &a) &&
		a.since <= p->armed)
		pdiag_switches_return(&p->switches, r->tid, &a);
}

/* Live, off-CPU: where it was when it left. How long is known when it is back. */
static bool is_leave(const struct pdiag_record *r)
{
	return r->type == PDIAG_RECORD_SAMPLE && r->sample.ips &&
		r->sample.state == PDIAG_STATE_BLOCKED && !r->sample.weight;
}

/* A flight recorder holds more than it was to keep. Who has left then may be back later. */
static bool is_too_old(const struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	if (r->time >= p->from)
		return false;
	if (r->type == PDIAG_RECORD_SAMPLE)
		return !is_leave(r);
	return r->type == PDIAG_RECORD_LOSS && r->loss.reason != PDIAG_LOSS_TASKS;
}

static int take_sample(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	struct pdiag_record copy;
	uint32_t flags;

	p->samples++;
	if (is_leave(r))
		return take_leave(p, r);
	if (r->sample.state == PDIAG_STATE_RUNNING)
		see_running(p, r);
	copy = *r;
	if (r->sample.ips) {
		copy.sample.stack = pdiag_pipeline_sample_stack(p, r);
		if (copy.sample.stack == PDIAG_STACK_NONE)
			return -ENOMEM;
	} else {
		copy.sample.stack = pdiag_pipeline_numbered(p, r, &flags);
		if (copy.sample.stack == PDIAG_STACK_NONE) {
			pdiag_pipeline_lose(p, PDIAG_LOSS_CORRUPT, r->cpu, r->time, 1);
			return 0;
		}
		copy.sample.stack =
			pdiag_pipeline_named_stack(p, r, copy.sample.stack, &flags);
		if (copy.sample.stack == PDIAG_STACK_NONE)
			return -ENOMEM;
		copy.sample.flags |= flags;
		pdiag_pipeline_waker_number(p, r, &copy);
	}
	/* From here on the number is ours. */
	copy.flags &= (uint16_t)~PDIAG_RECORD_OF_CPU;
	return pdiag_pipeline_sample(p, &copy);
}

static int take_exit(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	struct pdiag_absence a;

	put(p, r);
	/* It is on a CPU to end: its return was not seen. */
	pdiag_switches_return(&p->switches, r->tid, &a);
	return pdiag_processes_update(p->processes, r);
}

static int dispatch(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	int ret;

	switch (r->type) {
	case PDIAG_RECORD_INFO:
		return take_info(p, r);
	case PDIAG_RECORD_MMAP:
	case PDIAG_RECORD_COMM:
		put(p, r);
		return pdiag_processes_update(p->processes, r);
	case PDIAG_RECORD_FORK:
		/* It may seed the parent, whose records then come first in a replay, too. */
		ret = pdiag_processes_update(p->processes, r);
		put(p, r);
		return ret;
	case PDIAG_RECORD_EXIT:
		return take_exit(p, r);
	case PDIAG_RECORD_STACK:
		return pdiag_pipeline_number(p, r);
	case PDIAG_RECORD_SAMPLE:
		return take_sample(p, r);
	case PDIAG_RECORD_SWITCH:
		return take_switch(p, r);
	case PDIAG_RECORD_LOSS:
		return take_loss(p, r);
	case PDIAG_RECORD_FORGET:
		p->number_count = 0;
		pdiag_stack_table_clear(&p->stacks);
		pdiag_stack_map_clear(&p->stack_map);
		return 0;
	case PDIAG_RECORD_MODULE:
	case PDIAG_RECORD_NAME:
		return pdiag_pipeline_name(p, r);
	case PDIAG_RECORD_END:
		p->ended_whole = true;
		return 0;
	default:
		return 0;
	}
}

/* By the time of records, not by a clock, so that a replay does the same. */
static void prune(struct pdiag_pipeline *p)
{
	if (p->last_time - p->pruned < PRUNE_NS)
		return;
	if (p->pruned)
		pdiag_processes_prune(p->processes, p->last_time - PRUNE_NS);
	p->pruned = p->last_time;
}

int pdiag_pipeline_record(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	int ret;

	p->records++;
	/* What was read from /proc is no event, and came by another way when it was live. */
	if (r->time > p->last_time && !(r->flags & PDIAG_RECORD_SEEDED))
		p->last_time = r->time;
	/* The INFO that says when it began was lost. */
	if (!p->profile->start_time)
		p->profile->start_time = r->time;
	prune(p);
	if (is_too_old(p, r))
		return 0;
	ret = dispatch(p, r);
	if (ret < 0)
		pdiag_profile_lose(p->profile, PDIAG_LOSS_MEMORY, r->cpu, r->pid, r->time, 1);
	else if (r->type == PDIAG_RECORD_SAMPLE)
		ret = 1;
	return ret;
}

/*
 * Was it back, though that was not seen? A flight recorder may hold when a thread left long ago,
 * and no more, on another CPU, that it came back and ended.
 */
static bool is_over(struct pdiag_pipeline *p, const struct pdiag_absence *a, uint64_t time)
{
	if (time <= a->since)
		return true;
	/* Of those that are not known any more /proc knows whether they are. */
	if (a->since < p->from)
		pdiag_processes_thread(p->processes, a->pid, a->tid, time);
	return pdiag_processes_ended(p->processes, a->tid, time);
}

void pdiag_pipeline_pending(struct pdiag_pipeline *p, uint64_t time)
{
	struct pdiag_record sample;

	for (size_t i = 0; i < p->switches.count; i++) {
		struct pdiag_absence *a = &p->switches.list[i];

		if (is_over(p, a, time))
			continue;
		sample = (struct pdiag_record){
			.type = PDIAG_RECORD_SAMPLE, .cpu = a->cpu, .pid = a->pid, .tid = a->tid,
			.time = time,
			.sample = { .stack = a->stack, .weight = time - a->since,
				.state = a->preempted ? PDIAG_STATE_PREEMPTED : PDIAG_STATE_BLOCKED,
				.flags = PDIAG_STACK_PENDING },
		};
		/* So far it is counted. */
		a->since = time;
		if (pdiag_pipeline_sample(p, &sample) < 0)
			pdiag_profile_lose(p->profile, PDIAG_LOSS_MEMORY, a->cpu, a->pid, time, 1);
	}
}

void pdiag_pipeline_finish(struct pdiag_pipeline *p, uint64_t time)
{
	struct pdiag_record end = {
		.type = PDIAG_RECORD_INFO,
		.flags = PDIAG_RECORD_OUT,
		.cpu = -1,
		.pid = -1,
		.tid = -1,
		.time = time,
		.info = {.hz = p->profile->hz, .period_ns = p->profile->period_ns},
	};

	pdiag_pipeline_pending(p, time);
	pdiag_switches_free(&p->switches);
	take_info(p, &end);
}

int pdiag_pipeline_take(struct pdiag_pipeline *p, uint64_t time, struct pdiag_profile **out)
{
	struct pdiag_profile *old = p->profile, *fresh;
	int ret = pdiag_profile_new_borrowed(p->context, &fresh);

	if (ret)
		return ret;
	/* Before the start there is no time to divide. */
	if (old->start_time) {
		if (p->live || !old->end_time)
			old->end_time = time;
		fresh->start_time = time;
		fresh->start_realtime = old->start_realtime + (time - old->start_time);
	}
	/* What the caller does with them is not our business any more. */
	if (p->held)
		pdiag_recording_keep(p->recording, old);
	p->lost += pdiag_ledger_lost(old->ledger);
	fresh->period_ns = old->period_ns;
	fresh->hz = old->hz;
	p->profile = fresh;
	/* Nodes and threads were the old profile's. */
	pdiag_stack_map_clear(&p->stack_map);
	memset(p->known, 0, sizeof(p->known));
	pdiag_profile_hand_over(old);
	*out = old;
	return 0;
}
