/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The flight recorder: frozen, what it holds is taken in as a window of its own. */
#include <errno.h>

#include "capture/capture.h"
#include "core/error.h"
#include "source/trigger.h"

uint64_t pdiag_flight_time(const struct pdiag_capture *c, uint64_t now)
{
	const struct pdiag_source_flight *f = &c->source->state.flight;

	return f->frozen ? f->time : now;
}

int pdiag_flight_open(struct pdiag_capture *c)
{
	if (c->window)
		return 0;
	c->window = true;
	c->pipeline.from = c->source->state.flight.from;
	return pdiag_capture_tell(c, c->pipeline.from) < 0 ? -ENOMEM : 0;
}

void pdiag_flight_close(struct pdiag_capture *c)
{
	pdiag_pipeline_pending(&c->pipeline, c->source->state.flight.time);
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

int pdiag_capture_thaw(struct pdiag_capture *capture)
{
	struct pdiag_pipeline *p = &capture->pipeline;
	int ret = check_running(capture);

	if (!ret)
		ret = capture->source->ops->freeze(capture->source, false);
	if (ret)
		return ret;
	/* What was not read is gone, and the numbers of its stacks with it. */
	capture->window = false;
	pdiag_switches_free(&p->switches);
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
