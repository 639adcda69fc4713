/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A watch at work: dispatch, and the forms that block. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "util/clock.h"
#include "watch/watch.h"

int pdiag_watch_fd(const struct pdiag_watch *watch)
{
	return watch->epoll_fd;
}

int pdiag_watch_dispatch(struct pdiag_watch *watch)
{
	uint64_t ticks;
	ssize_t ticked;
	int ret = 0;

	pdiag_error_clear();
	if (pdiag_context_forked(watch->context))
		return pdiag_fail(EPERM, "this watch belongs to the process that fork() left; make "
			"one of your own");
	/* How many went by is seen by the metrics, from the time. */
	do {
		ticked = read(watch->timer_fd, &ticks, sizeof(ticks));
	} while (ticked < 0 && errno == EINTR);
	pdiag_evidence_dispatch(&watch->evidence);
	/* Samples that come in between are no reason to look: steps would be of any length. */
	if (ticked > 0 && pdiag_watch_look(watch))
		ret = pdiag_watch_follow(watch);
	if (ret)
		return pdiag_fail_memory("following an event; what is there is kept");
	pdiag_error_clear();
	return (int)watch->waiting_count;
}

/* Wait for work until `deadline`. 0, or -EINTR. */
static int wait_ready(struct pdiag_watch *w, uint64_t deadline)
{
	struct pollfd p = { .fd = w->epoll_fd, .events = POLLIN };
	uint64_t now = pdiag_clock_ns(CLOCK_MONOTONIC), left = PDIAG_SECOND_NS;

	if (now >= deadline)
		return 0;
	if (deadline - now < left)
		left = deadline - now;
	if (poll(&p, 1, (int)((left + 999999) / 1000000)) >= 0)
		return 0;
	return pdiag_fail(errno, "waiting for events: %s", strerror(errno));
}

static uint64_t deadline_of(uint32_t milliseconds)
{
	return milliseconds ? pdiag_clock_ns(CLOCK_MONOTONIC) + milliseconds * 1000000ull :
			      UINT64_MAX;
}

int pdiag_watch_run(struct pdiag_watch *watch, uint32_t milliseconds)
{
	uint64_t deadline = deadline_of(milliseconds);
	int ret;

	pdiag_error_clear();
	do {
		ret = wait_ready(watch, deadline);
		if (!ret)
			ret = pdiag_watch_dispatch(watch);
		/* It goes on with less. */
		if (ret < 0 && ret != -ENOMEM)
			return ret;
	} while (pdiag_clock_ns(CLOCK_MONOTONIC) < deadline);
	return 0;
}

int pdiag_watch_wait(
	struct pdiag_watch *watch, uint32_t milliseconds, struct pdiag_event **out)
{
	uint64_t deadline = deadline_of(milliseconds);
	int ret;

	pdiag_error_clear();
	do {
		ret = pdiag_watch_take(watch, out);
		if (ret)
			return ret;
		ret = wait_ready(watch, deadline);
		if (!ret)
			ret = pdiag_watch_dispatch(watch);
		if (ret < 0 && ret != -ENOMEM)
			return ret;
	} while (pdiag_clock_ns(CLOCK_MONOTONIC) < deadline);
	return pdiag_watch_take(watch, out);
}
