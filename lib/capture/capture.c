/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/capture.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture/options.h"
#include "core/error.h"
#include "core/options.h"
#include "source/kmod_device.h"
#include "source/limits.h"
#include "util/clock.h"

static void destroy(struct pdiag_child *child)
{
	struct pdiag_capture *c = pdiag_container(child, struct pdiag_capture, child);

	if (c->source)
		c->source->ops->close(c->source);
	pdiag_held_free(&c->held);
	pdiag_busiest_free(&c->busiest);
	pdiag_pipeline_free(&c->pipeline);
	free(c);
}

int pdiag_capture_wrap(struct pdiag *context, struct pdiag_source *source,
	const struct pdiag_source_config *config, uint64_t off_cpu_min_ns,
	struct pdiag_capture **out)
{
	struct pdiag_capture *c = calloc(1, sizeof(*c));
	int ret;

	if (!c) {
		source->ops->close(source);
		return pdiag_fail_memory("making a capture");
	}
	ret = pdiag_pipeline_init(&c->pipeline, context, source->state.live);
	if (ret) {
		source->ops->close(source);
		free(c);
		return ret;
	}
	c->context = context;
	c->source = source;
	c->events = config->events;
	if (config->target == PDIAG_TARGET_COMMAND || config->target == PDIAG_TARGET_PROCESS)
		c->pid = source->state.pid;
	c->pipeline.off_cpu_min_ns = off_cpu_min_ns;
	c->pipeline.sample_short = config->flags & PDIAG_SHORT_WAITS;
	if (source->state.live) {
		c->pipeline.max_depth = source->state.max_depth ? source->state.max_depth :
								  config->max_depth;
		if (config->target == PDIAG_TARGET_SYSTEM || config->target == PDIAG_TARGET_CGROUP)
			c->seed_pid = -1;
		else if (config->target != PDIAG_TARGET_COMMAND)
			c->seed_pid = source->state.pid;
	}
	pdiag_child_add(context, &c->child, destroy);
	*out = c;
	return 0;
}

/* The kernel module if it is there and can do it, else perf. */
static int open_best(const struct pdiag_source_config *config, struct pdiag_source **out)
{
	char why[512] = "";
	int ret;

	if (pdiag_kdevice_present()) {
		ret = pdiag_source_kmod.open(config, out);
		if (!ret || ret == -ENOMEM)
			return ret;
		snprintf(why, sizeof(why), "the kernel module was not used: %.400s",
			pdiag_errmsg());
		pdiag_error_clear();
	}
	ret = pdiag_source_perf.open(config, out);
	if (!ret && why[0])
		pdiag_limits_add(&(*out)->state, "%s", why);
	if (ret && why[0] && !strstr(why, pdiag_errmsg()))
		return pdiag_fail(-ret, "%s; %s", pdiag_errmsg(), why);
	return ret;
}

static int open_source(const struct pdiag_source_config *config, struct pdiag_source **out)
{
	if (config->target == PDIAG_TARGET_RECORDING)
		return pdiag_source_replay.open(config, out);
	switch (config->source) {
	case PDIAG_SOURCE_PERF:
		return pdiag_source_perf.open(config, out);
	case PDIAG_SOURCE_KMOD:
		return pdiag_source_kmod.open(config, out);
	default:
		return open_best(config, out);
	}
}

int pdiag_capture_new(struct pdiag *context, const struct pdiag_capture_options *options,
	struct pdiag_capture **out)
{
	struct pdiag_source_config config;
	struct pdiag_source *source;
	uint64_t off_cpu_min_ns;
	int *cpus;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (ret)
		return ret;
	if (pdiag_context_forked(context))
		return pdiag_fail(EPERM, "the context belongs to the process that fork() left; "
			"make one of your own with pdiag_open()");
	ret = pdiag_capture_config(context, options, &config, &cpus, &off_cpu_min_ns);
	if (!ret)
		ret = open_source(&config, &source);
	if (!ret)
		ret = pdiag_capture_wrap(context, source, &config, off_cpu_min_ns, out);
	free(cpus);
	if (!ret && (*out)->source->state.limits[0])
		pdiag_log(context, PDIAG_LOG_WARNING, "%s", (*out)->source->state.limits);
	return ret;
}

void pdiag_capture_free(struct pdiag_capture *capture)
{
	if (!capture)
		return;
	pdiag_child_remove(&capture->child);
	destroy(&capture->child);
}

int pdiag_capture_fd(const struct pdiag_capture *capture)
{
	return capture->source->fd;
}

uint64_t pdiag_capture_clock(void)
{
	return pdiag_clock_ns(CLOCK_MONOTONIC);
}

/* Wait for records until `deadline`. */
static int wait_readable(struct pdiag_capture *c, uint64_t deadline)
{
	struct pollfd p = { .fd = c->source->fd, .events = POLLIN };
	uint64_t left = 1000000000ull, t = pdiag_capture_clock();

	if (t >= deadline)
		return 0;
	if (deadline - t < left)
		left = deadline - t;
	if (poll(&p, 1, (int)((left + 999999) / 1000000)) < 0 && errno != EINTR)
		return pdiag_fail(errno, "cannot wait for samples: %s", strerror(errno));
	return 0;
}

int pdiag_capture_run(struct pdiag_capture *c, uint32_t milliseconds)
{
	uint64_t deadline = UINT64_MAX;
	char why[1024];
	int ret;

	ret = pdiag_capture_start(c);
	if (ret)
		return ret;
	if (milliseconds)
		deadline = c->start_time + (uint64_t)milliseconds * 1000000;
	while (!c->source->state.ended && pdiag_capture_clock() < deadline) {
		ret = wait_readable(c, deadline);
		if (!ret)
			ret = pdiag_capture_dispatch(c);
		if (ret < 0 && ret != -ENOMEM)
			break;
	}
	if (ret >= 0)
		return pdiag_capture_stop(c);
	/* Stopping clears the sentence; the first failure is the one to tell. */
	snprintf(why, sizeof(why), "%s", pdiag_errmsg());
	pdiag_capture_stop(c);
	return pdiag_fail(-ret, "%s", why);
}

int pdiag_capture_get_info(const struct pdiag_capture *c, struct pdiag_capture_info *info)
{
	const struct pdiag_source_state *s = &c->source->state;
	struct pdiag_profile_info profile = { .size = sizeof(profile) };
	struct pdiag_capture_info known = { .size = sizeof(known) };
	uint64_t end = c->stop_time ? c->stop_time : pdiag_capture_clock();

	pdiag_error_clear();
	pdiag_profile_get_info(c->pipeline.profile, &profile);
	known.source = c->source->ops->name;
	known.event = s->event ? s->event : "";
	known.limits = s->limits;
	known.hz = s->live ? s->hz : c->pipeline.profile->hz;
	known.cpus = s->cpus;
	known.running = c->start_time && !c->stop_time;
	known.ended = s->ended;
	known.kernel = s->kernel;
	known.exit_status = s->exit_status;
	known.pid = c->pid;
	known.records = c->pipeline.records + c->held.count;
	known.samples = c->pipeline.samples;
	known.lost = c->pipeline.lost + profile.lost;
	known.bytes = s->bytes;
	known.buffer_bytes = s->buffer_bytes;
	known.elapsed_ns = c->start_time ? end - c->start_time : 0;
	known.frozen = s->flight.frozen;
	known.frozen_by = s->flight.by;
	known.frozen_value = s->flight.value;
	known.frozen_ns = s->flight.time;
	known.flight_ns = s->flight.held;
	return PDIAG_INFO_COPY(info, &known, elapsed_ns, "pdiag_capture_info");
}

struct pdiag_profile *pdiag_capture_profile(struct pdiag_capture *capture)
{
	return capture->pipeline.profile;
}

int pdiag_capture_record(struct pdiag_capture *c, struct pdiag_recording *recording)
{
	pdiag_error_clear();
	if (c->start_time)
		return pdiag_fail(
			EBUSY, "the capture has begun; attach a recording before the start");
	if (c->pipeline.recording)
		return pdiag_fail(EBUSY, "the capture is being recorded already");
	c->pipeline.recording = recording;
	return 0;
}
