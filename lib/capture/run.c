/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A capture at work: start, dispatch, stop. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "capture/boot.h"
#include "capture/capture.h"
#include "core/error.h"
#include "decode/decode.h"
#include "source/replay.h"
#include "util/clock.h"

/* A dispatch reads no more than this, so that an event loop gets its turn. */
#define DISPATCH_RECORDS (1u << 20)
#define REPLAY_RECORDS (1u << 16)
/* Reading /proc about processes that have not been sampled yet, a dispatch. */
#define SWEEP_NS 10000000ull

int pdiag_capture_fail_forked(void)
{
	return pdiag_fail(EPERM,
		"this capture belongs to the process that fork() left; make one of "
		"your own");
}

int pdiag_capture_tell(struct pdiag_capture *c, uint64_t time)
{
	const struct pdiag_source_state *s = &c->source->state;
	struct pdiag_record r = {
		.type = PDIAG_RECORD_INFO, .cpu = -1, .pid = -1, .tid = -1, .time = time,
		.info = { .period_ns = c->events & PDIAG_ON_CPU ? s->period_ns : 0, .hz = s->hz,
			.events = c->events, .cpus = s->cpus, .kernel = s->kernel },
	};

	r.info.realtime = pdiag_clock_ns(CLOCK_REALTIME) - (pdiag_capture_clock() - time);
	pdiag_boot_id(r.info.boot_id);
	return pdiag_pipeline_record(&c->pipeline, &r);
}

static int sweep(struct pdiag_capture *c)
{
	/* Long before samples of a flight recorder come, a thread may have ended. */
	bool threads = c->source->state.flight.span;
	int ret;

	if (!c->sweeping)
		return 0;
	ret = pdiag_processes_sweep(c->pipeline.processes, threads, SWEEP_NS,
		pdiag_capture_clock());
	c->sweeping = ret > 0;
	return ret < 0 ? ret : 0;
}

/* After the events are on, so that nothing falls between what is read here and what they tell. */
static int seed(struct pdiag_capture *c)
{
	struct pdiag_processes *p = c->pipeline.processes;
	int ret;

	if (c->seed_pid > 0) {
		ret = pdiag_processes_seed(p, c->seed_pid, c->start_time);
		return ret ? ret :
			pdiag_processes_seed_threads(p, c->seed_pid, SWEEP_NS, c->start_time);
	}
	/* Of the whole machine, bit by bit: the first dispatch comes soon. */
	c->sweeping = c->seed_pid < 0;
	return 0;
}

/* What has begun already is undone; the sentence is set. */
static int fail_start(struct pdiag_capture *c, int ret)
{
	c->source->ops->stop(c->source);
	c->stop_time = pdiag_capture_clock();
	pdiag_pipeline_end(&c->pipeline);
	return ret;
}

int pdiag_capture_start(struct pdiag_capture *c)
{
	bool live = c->source->state.live;
	int ret;

	pdiag_error_clear();
	if (pdiag_context_forked(c->context))
		return pdiag_capture_fail_forked();
	if (c->start_time)
		return pdiag_fail(EALREADY, "the capture has begun already; make a new one");
	c->start_time = pdiag_capture_clock();
	pdiag_pipeline_begin(&c->pipeline);
	if (live && pdiag_capture_tell(c, c->start_time) < 0)
		return fail_start(c, pdiag_fail_memory("starting a capture"));
	ret = c->source->ops->start(c->source);
	if (ret)
		return fail_start(c, ret);
	c->pipeline.armed = live ? pdiag_capture_clock() : 0;
	if (live && seed(c) < 0)
		return fail_start(c, pdiag_fail_memory("starting a capture"));
	return 0;
}

int pdiag_capture_read(struct pdiag_capture *c, uint64_t limit)
{
	struct pdiag_source *s = c->source;
	struct pdiag_pipeline *p = &c->pipeline;
	bool flight = s->state.flight.span;
	uint64_t now = flight ? pdiag_capture_clock() : 0;
	int ret, samples = 0, failed = 0;
	struct pdiag_record record;
	struct pdiag_raw raw;

	ret = s->ops->refresh(s);
	if (!ret && flight)
		failed = pdiag_flight_open(c, now);
	while (!ret && limit-- && (ret = s->ops->next(s, &raw)) > 0) {
		ret = pdiag_decode(&raw, s->state.weight_mult, &record);
		if (ret) {
			pdiag_pipeline_lose(p, PDIAG_LOSS_CORRUPT, raw.cpu, p->last_time, 1);
			ret = 0;
			continue;
		}
		ret = flight ? pdiag_flight_record(c, &record) : pdiag_pipeline_record(p, &record);
		samples += ret > 0;
		failed = ret < 0 ? ret : failed;
		ret = 0;
	}
	if (ret < 0)
		return ret;
	ret = flight ? pdiag_flight_close(c) : 0;
	failed = ret < 0 ? ret : failed;
	return failed ? failed : samples;
}

static void flush(struct pdiag_capture *c)
{
	/* Its error sticks; pdiag_recording_finish() tells. */
	if (c->pipeline.recording)
		pdiag_recording_flush(c->pipeline.recording);
}

/* A dispatch without its checks. */
static int take_in(struct pdiag_capture *c)
{
	int ret, swept;

	ret = pdiag_capture_read(c, c->source->state.live ? DISPATCH_RECORDS : REPLAY_RECORDS);
	if (c->source->state.live)
		c->pipeline.profile->end_time = pdiag_flight_time(c, pdiag_capture_clock());
	swept = sweep(c);
	flush(c);
	if (ret == -ENOMEM || swept == -ENOMEM)
		return pdiag_fail_memory("taking in samples; what was lost is in the ledger");
	return ret;
}

int pdiag_capture_dispatch(struct pdiag_capture *c)
{
	pdiag_error_clear();
	if (pdiag_context_forked(c->context))
		return pdiag_capture_fail_forked();
	return c->start_time && !c->stop_time ? take_in(c) : 0;
}

int pdiag_capture_take(struct pdiag_capture *capture, struct pdiag_profile **out)
{
	struct pdiag_capture *c = capture;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(capture, out);
	if (ret)
		return ret;
	/* A replay is at a moment of its own, which dispatches decide about. */
	if (c->source->state.live && c->start_time && !c->stop_time &&
		!pdiag_context_forked(c->context))
		ret = take_in(c);
	/* Samples for which there was no memory are in the ledger, which is handed over, too. */
	if (ret < 0 && ret != -ENOMEM)
		return ret;
	pdiag_error_clear();
	ret = pdiag_pipeline_take(&c->pipeline, pdiag_flight_time(c,
		c->stop_time ? c->stop_time : pdiag_capture_clock()), out);
	return ret ? pdiag_fail_memory("taking a profile") : 0;
}

/* A recording that is replayed says itself when its capture ended. */
static void finish_replay(struct pdiag_capture *c)
{
	struct pdiag_pipeline *p = &c->pipeline;
	struct pdiag_replay_stats stats = { .lost = 0 };

	if (!p->profile->end_time)
		p->profile->end_time = p->last_time;
	if (c->source->ops == &pdiag_source_replay)
		pdiag_replay_stats(c->source, &stats);
	if (stats.corrupt)
		pdiag_pipeline_lose(p, PDIAG_LOSS_CORRUPT, -1, p->last_time,
			stats.lost ? stats.lost : stats.corrupt);
	if (c->source->state.ended && !p->ended_whole)
		pdiag_pipeline_lose(p, PDIAG_LOSS_CUT, -1, p->last_time, 1);
}

int pdiag_capture_stop(struct pdiag_capture *c)
{
	bool live = c->source->state.live;
	int ret = 0, stopped;

	pdiag_error_clear();
	if (pdiag_context_forked(c->context))
		return pdiag_capture_fail_forked();
	if (!c->start_time || c->stop_time)
		return 0;
	stopped = c->source->ops->stop(c->source);
	c->stop_time = pdiag_capture_clock();
	if (live)
		ret = pdiag_capture_read(c, UINT64_MAX);
	/* What came after the last sample: the recording has it. */
	if (live && pdiag_flight_apply(c, UINT64_MAX) && !ret)
		ret = -ENOMEM;
	if (live)
		pdiag_pipeline_finish(&c->pipeline, pdiag_flight_time(c, c->stop_time));
	else
		finish_replay(c);
	flush(c);
	pdiag_pipeline_end(&c->pipeline);
	if (ret == -ENOMEM)
		return pdiag_fail_memory("taking in samples; what was lost is in the ledger");
	return ret < 0 ? ret : stopped;
}
