/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flight recorder: frozen, what it holds is taken in as a window of its own. Who runs and what
 * is mapped is known as of the time of the samples: what changes it is held back until then.
 */
#include <errno.h>
#include <stdio.h>

#include "capture/capture.h"
#include "core/error.h"
#include "process/proc_text.h"
#include "source/trigger.h"
#include "util/file.h"

/* A trigger in the kernel may have frozen it this long ago, and we do not know yet. */
#define LATE_NS 1000000000ull

uint64_t pdiag_flight_time(const struct pdiag_capture *c, uint64_t now)
{
	const struct pdiag_source_flight *f = &c->source->state.flight;

	return f->frozen ? f->time : now;
}

static int apply_first(struct pdiag_capture *c)
{
	struct pdiag_record r;
	int ret = 0;

	if (pdiag_held_first(&c->held, &r))
		ret = pdiag_pipeline_record(&c->pipeline, &r);
	pdiag_held_drop(&c->held);
	return ret;
}

int pdiag_flight_apply(struct pdiag_capture *c, uint64_t time)
{
	int ret = 0, failed = 0;

	while (c->held.count && pdiag_held_time(&c->held) <= time) {
		ret = apply_first(c);
		failed = ret < 0 ? ret : failed;
	}
	return failed;
}

static int open_window(struct pdiag_capture *c)
{
	const struct pdiag_source_flight *f = &c->source->state.flight;

	c->window = true;
	c->pipeline.from = f->from;
	/* What was written over may have told that they came back. */
	if (f->from > f->begun || f->held < f->time - f->from)
		pdiag_switches_free(&c->pipeline.switches);
	return pdiag_capture_tell(c, c->pipeline.from) < 0 ? -ENOMEM : 0;
}

int pdiag_flight_open(struct pdiag_capture *c, uint64_t now)
{
	const struct pdiag_source_flight *f = &c->source->state.flight;
	int ret = 0;

	if (f->frozen && !c->window)
		ret = open_window(c);
	/* The samples to come say how far. */
	if (ret || (f->frozen && f->unread))
		return ret;
	c->due = now > f->span + LATE_NS ? now - f->span - LATE_NS : 0;
	return pdiag_flight_apply(c, c->due);
}

/*
 * There is no room: the oldest go before their time, and samples of then may get names of later.
 * Never this one before those.
 */
static int hold(struct pdiag_capture *c, const struct pdiag_record *r)
{
	uint64_t early = 0;
	int ret = 0, failed = 0;

	pdiag_processes_foresee(c->pipeline.processes, r);
	while (pdiag_held_add(&c->held, r) && c->held.count) {
		early += pdiag_held_time(&c->held) > c->due;
		ret = apply_first(c);
		failed = ret < 0 ? ret : failed;
	}
	if (!c->held.count) {
		early += r->time > c->due;
		ret = pdiag_pipeline_record(&c->pipeline, r);
		failed = ret < 0 ? ret : failed;
	}
	if (early)
		pdiag_pipeline_lose(&c->pipeline, PDIAG_LOSS_TASKS, -1, r->time, early);
	return failed;
}

/* A loss between samples is not that of what is held. */
static bool is_of_processes(const struct pdiag_capture *c, const struct pdiag_record *r)
{
	switch (r->type) {
	case PDIAG_RECORD_MMAP:
	case PDIAG_RECORD_COMM:
	case PDIAG_RECORD_FORK:
	case PDIAG_RECORD_EXIT:
		return true;
	case PDIAG_RECORD_LOSS:
		return r->loss.reason == PDIAG_LOSS_TASKS && r->time >= c->held.newest;
	default:
		return false;
	}
}

int pdiag_flight_record(struct pdiag_capture *c, const struct pdiag_record *r)
{
	int applied, ret;

	if (is_of_processes(c, r))
		return hold(c, r);
	applied = pdiag_flight_apply(c, r->time);
	ret = pdiag_pipeline_record(&c->pipeline, r);
	return applied < 0 ? applied : ret;
}

int pdiag_flight_close(struct pdiag_capture *c)
{
	const struct pdiag_source_flight *f = &c->source->state.flight;
	int ret;

	if (!c->window || f->unread)
		return 0;
	ret = pdiag_flight_apply(c, f->time);
	pdiag_pipeline_pending(&c->pipeline, f->time);
	return ret;
}

/* Is there one that runs? Frozen or not. */
static int check(struct pdiag_capture *c)
{
	pdiag_error_clear();
	if (pdiag_context_forked(c->context))
		return pdiag_capture_fail_forked();
	if (!c->source->state.flight.span)
		return pdiag_fail(EINVAL, "this capture is no flight recorder; give flight_sec in "
			"its options");
	return 0;
}

static int check_running(struct pdiag_capture *c)
{
	int ret = check(c);

	if (!ret && (!c->start_time || c->stop_time))
		return pdiag_fail(EINVAL, "the flight recorder does not run; start the capture");
	return ret;
}

int pdiag_capture_freeze(struct pdiag_capture *capture)
{
	int ret = check_running(capture);

	return ret ? ret : capture->source->ops->freeze(capture->source, true);
}

/* Is it in uninterruptible sleep now? */
static bool hangs(const struct pdiag_absence *a)
{
	char path[64], text[1024];
	struct pdiag_proc_stat stat;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", a->pid, a->tid);
	return pdiag_file_read(path, text, sizeof(text)) > 0 &&
		pdiag_proc_stat_parse(text, &stat) && stat.state == 'D';
}

/*
 * Who hangs leaves its CPU once, and nothing would tell of it any more: it is away in the next
 * window, too. Of others it is not known whether they still wait for the same.
 */
static void keep_hanging(struct pdiag_switches *s)
{
	struct pdiag_absence a;

	/* The last takes the place of the one that goes. */
	for (size_t i = s->count; i-- > 0;)
		if (!hangs(&s->list[i]))
			pdiag_switches_return(s, s->list[i].tid, &a);
}

int pdiag_capture_thaw(struct pdiag_capture *capture)
{
	const struct pdiag_source_flight *f = &capture->source->state.flight;
	struct pdiag_pipeline *p = &capture->pipeline;
	int ret = check_running(capture);
	bool whole = capture->window && !f->unread;

	if (!ret)
		ret = capture->source->ops->freeze(capture->source, false);
	if (ret)
		return ret;
	/* What was not read is gone, and the numbers of its stacks with it. */
	capture->window = false;
	if (whole)
		keep_hanging(&p->switches);
	else
		pdiag_switches_free(&p->switches);
	p->armed = f->begun;
	pdiag_ring_stacks_free(&p->ring_stacks);
	return 0;
}

int pdiag_capture_set_trigger(
	struct pdiag_capture *capture, const struct pdiag_trigger *trigger)
{
	const struct pdiag_source_ops *ops = capture->source->ops;
	struct pdiag_kmod_trigger request;
	int ret = check(capture);

	if (!ret)
		ret = pdiag_trigger_options(
			trigger, PDIAG_KMOD_TRIGGER_FREEZE, __func__, &request);
	if (!ret && !ops->trigger)
		ret = pdiag_fail(EOPNOTSUPP, "a trigger needs the kernel module; load it, or call "
			"pdiag_capture_freeze() yourself");
	return ret ? ret : ops->trigger(capture->source, &request);
}
