/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "capture/capture.h"
#include "core/error.h"
#include "core/options.h"
#include "profile/profile.h"
#include "util/clock.h"
#include "watch/setup.h"

static void destroy(struct pdiag_child *child)
{
	struct pdiag_watch *w = pdiag_container(child, struct pdiag_watch, child);

	pdiag_watch_drop_incident(w);
	pdiag_watch_free_entries(w);
	pdiag_evidence_close(&w->evidence);
	pdiag_watch_tear_down(w);
	pdiag_metrics_free(w->metrics);
	pdiag_journal_close(w->journal);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	if (w->timer_fd >= 0)
		close(w->timer_fd);
	free(w);
}

static double busiest(void *user)
{
	struct pdiag_watch *w = user;

	return pdiag_capture_busiest(w->evidence.capture, pdiag_capture_clock());
}

static int open_metrics(struct pdiag_watch *w, const struct pdiag_watch_ground *ground)
{
	struct pdiag_metrics_options options = {
		.size = sizeof(options),
		.cgroup = w->options.cgroup,
		.root = ground->root,
		.interval_ms = w->options.interval_ms,
	};

	struct pdiag_metric_sampled sampled = { ground->busiest ? ground->busiest : busiest, w };
	/* Those of a cgroup say nothing of the machine. */
	bool samples = w->evidence.capture && !w->options.cgroup;

	return pdiag_metrics_make(w->context, &options, ground->clock,
		samples || ground->busiest ? &sampled : NULL, &w->metrics);
}

static int open_journal(struct pdiag_watch *w)
{
	struct pdiag_journal_options options = {
		.size = sizeof(options),
		.max_bytes = w->options.journal_bytes,
	};
	struct pdiag_journal_info info = { .size = sizeof(info) };
	int ret;

	if (!w->options.journal)
		return 0;
	ret = pdiag_journal_open(w->context, w->options.journal, &options, &w->journal);
	if (!ret)
		ret = pdiag_journal_get_info(w->journal, &info);
	w->id = ret ? 0 : info.next_id - 1;
	return ret;
}

static int listen_to(struct pdiag_watch *w, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (!epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return 0;
	return pdiag_fail(errno, "preparing a watch: %s", strerror(errno));
}

static int open_loop(struct pdiag_watch *w)
{
	struct timespec step = { w->options.interval_ms / 1000,
		w->options.interval_ms % 1000 * 1000000l };
	struct itimerspec timer = { step, step };
	int ret;

	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (w->epoll_fd < 0 || w->timer_fd < 0 || timerfd_settime(w->timer_fd, 0, &timer, NULL))
		return pdiag_fail(errno, "preparing a watch: %s", strerror(errno));
	ret = listen_to(w, w->timer_fd);
	if (!ret && w->evidence.capture)
		ret = listen_to(w, pdiag_capture_fd(w->evidence.capture));
	if (!ret && w->evidence.tasks)
		ret = listen_to(w, pdiag_tasks_fd(w->evidence.tasks));
	return ret;
}

static int open_all(struct pdiag_watch *w, const struct pdiag_watch_ground *ground)
{
	int ret = 0;

	/* There are metrics that only samples tell. */
	if (pdiag_evidence_open(&w->evidence, w->context, &w->options))
		ret = pdiag_fail_memory("preparing a watch");
	if (!ret)
		ret = open_metrics(w, ground);
	if (!ret)
		w->quiet_ns = pdiag_metric_now(w->metrics, CLOCK_MONOTONIC);
	if (!ret)
		ret = pdiag_watch_set_up(w);
	if (!ret)
		ret = open_journal(w);
	return ret ? ret : open_loop(w);
}

static void fill_info(struct pdiag_watch *w)
{
	struct pdiag_capture_info capture = { .size = sizeof(capture) };

	snprintf(w->limits, sizeof(w->limits), "%s", w->evidence.why);
	if (w->evidence.capture)
		pdiag_capture_get_info(w->evidence.capture, &capture);
	w->info.source = capture.source ? capture.source : "";
	w->info.metrics = w->count;
	w->info.rules = w->rule_count;
	w->info.learning = w->count > 0;
}

static void undo(struct pdiag_watch *w)
{
	pdiag_child_remove(&w->child);
	destroy(&w->child);
}

int pdiag_watch_make(struct pdiag *context, const struct pdiag_watch_options *options,
	const struct pdiag_watch_ground *ground, struct pdiag_watch **out)
{
	struct pdiag_watch_ground machine = { .cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN) };
	struct pdiag_watch *w;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (ret)
		return ret;
	w = calloc(1, sizeof(*w));
	if (!w)
		return pdiag_fail_memory("preparing a watch");
	w->context = context;
	w->epoll_fd = w->timer_fd = -1;
	pdiag_list_init(&w->history);
	pdiag_list_init(&w->waiting);
	w->cpus = ground ? ground->cpus : machine.cpus;
	w->ask = ground ? ground->ask : NULL;
	ret = pdiag_watch_options_check(&w->options, options);
	if (!ret)
		ret = open_all(w, ground ? ground : &machine);
	/* Whoever frees all objects of the context begins with the last: this before its parts. */
	pdiag_child_add(context, &w->child, destroy);
	if (ret) {
		undo(w);
		return ret;
	}
	fill_info(w);
	*out = w;
	pdiag_error_clear();
	return 0;
}

int pdiag_watch_new(struct pdiag *context, const struct pdiag_watch_options *options,
	struct pdiag_watch **out)
{
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	return ret ? ret : pdiag_watch_make(context, options, NULL, out);
}

void pdiag_watch_free(struct pdiag_watch *watch)
{
	if (watch)
		undo(watch);
}

int pdiag_watch_get_info(const struct pdiag_watch *watch, struct pdiag_watch_info *info)
{
	struct pdiag_watch_info known = watch->info;
	int load = pdiag_metrics_find(watch->metrics, "system.cpu.load_average.1m");

	pdiag_error_clear();
	known.limits = watch->limits;
	known.bytes = pdiag_evidence_bytes(&watch->evidence);
	if (watch->incident.event)
		known.bytes += pdiag_event_bytes(watch->incident.event);
	for (const struct pdiag_list *l = watch->waiting.next; l != &watch->waiting; l = l->next)
		known.bytes += pdiag_event_bytes(
			pdiag_container(l, struct pdiag_watch_entry, link)->event);
	for (uint32_t i = 0; i < watch->evidence.ordinary.count; i++)
		known.normal_ns += pdiag_profile_duration(watch->evidence.ordinary.list[i]);
	if (load >= 0)
		known.load = pdiag_metrics_value(watch->metrics, (uint32_t)load)->value;
	return PDIAG_INFO_COPY(info, &known, surprise, "pdiag_watch_info");
}

const struct pdiag_metrics *pdiag_watch_metrics(const struct pdiag_watch *watch)
{
	return watch->metrics;
}
