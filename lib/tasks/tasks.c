/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tasks/tasks.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <pdiag/source.h>

#include "core/error.h"
#include "core/options.h"
#include "source/trigger.h"
#include "util/clock.h"

_Static_assert(sizeof(struct pdiag_tasks_options) == sizeof(size_t) + 4 * 4 + 8,
	"no holes in struct pdiag_tasks_options");

/* Dumps that nobody takes do not pile up: the oldest go. */
#define WAITING_MAX 16u
#define DEPTH_MAX 254u

static void destroy(struct pdiag_child *child)
{
	struct pdiag_tasks *t = pdiag_container(child, struct pdiag_tasks, child);

	while (!pdiag_list_empty(&t->dumps))
		pdiag_dump_free(pdiag_container(t->dumps.next, struct pdiag_dump, waiting));
	pdiag_dump_free(t->current);
	pdiag_tasks_kmod_close(t, pdiag_context_forked(t->context));
	if (t->event_fd >= 0)
		close(t->event_fd);
	free(t);
}

void pdiag_tasks_free(struct pdiag_tasks *t)
{
	if (!t)
		return;
	pdiag_child_remove(&t->child);
	destroy(&t->child);
}

static int check_options(struct pdiag_tasks_options *to, const struct pdiag_tasks_options *from)
{
	int ret = PDIAG_OPTIONS_COPY(to, from, reserved);

	if (ret)
		return ret;
	if (to->source > PDIAG_SOURCE_KMOD || to->reserved || to->max_depth > DEPTH_MAX ||
		to->flags & ~(PDIAG_TASKS_ALL | PDIAG_TASKS_USER_ONLY))
		return pdiag_fail(EINVAL, "pdiag_tasks_options: source is up to %u, max_depth up "
			"to %u, flags are PDIAG_TASKS_*, and reserved is 0", PDIAG_SOURCE_KMOD,
			DEPTH_MAX);
	return 0;
}

static int open_source(struct pdiag_tasks *t)
{
	int ret = -ENOENT;

	if (t->options.source != PDIAG_SOURCE_PERF)
		ret = pdiag_tasks_kmod_open(t);
	if (!ret || t->options.source == PDIAG_SOURCE_KMOD)
		return ret;
	pdiag_error_clear();
	t->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return t->event_fd < 0 ? pdiag_fail(errno, "no descriptor for task dumps: %s",
		strerror(errno)) : 0;
}

int pdiag_tasks_new(struct pdiag *context, const struct pdiag_tasks_options *options,
	struct pdiag_tasks **out)
{
	struct pdiag_tasks *t;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (ret)
		return ret;
	t = calloc(1, sizeof(*t));
	if (!t)
		return pdiag_fail_memory("preparing task dumps");
	t->context = context;
	t->device.fd = t->session.fd = t->event_fd = -1;
	pdiag_list_init(&t->dumps);
	ret = check_options(&t->options, options);
	if (!ret)
		ret = open_source(t);
	if (ret) {
		free(t);
		return ret;
	}
	pdiag_child_add(context, &t->child, destroy);
	*out = t;
	return 0;
}

int pdiag_tasks_fd(const struct pdiag_tasks *t)
{
	return t->kmod ? t->session.fd : t->event_fd;
}

/* The descriptor is readable as long as there are some. */
static void show_waiting(struct pdiag_tasks *t)
{
	uint64_t one = 1;
	ssize_t ignored;

	if (t->kmod)
		return;
	ignored = t->count ? write(t->event_fd, &one, sizeof(one)) :
			     read(t->event_fd, &one, sizeof(one));
	(void)ignored;
}

void pdiag_tasks_whole(struct pdiag_tasks *t, struct pdiag_dump *dump)
{
	if (t->count == WAITING_MAX) {
		pdiag_dump_free(pdiag_container(t->dumps.next, struct pdiag_dump, waiting));
		pdiag_log(t->context, PDIAG_LOG_WARNING,
			"a task dump that nobody took was dropped");
		t->count--;
	}
	pdiag_list_add(&dump->waiting, &t->dumps);
	t->count++;
	show_waiting(t);
}

static int fail_forked(void)
{
	return pdiag_fail(EPERM, "these task dumps belong to the process that fork() left; make "
		"new ones");
}

int pdiag_tasks_request(struct pdiag_tasks *t, uint64_t *id)
{
	uint64_t number;
	int ret;

	pdiag_error_clear();
	if (pdiag_context_forked(t->context))
		return fail_forked();
	if (t->kmod)
		ret = pdiag_ksession_dump(&t->session,
			t->options.flags & PDIAG_TASKS_ALL ? PDIAG_KMOD_DUMP_ALL : 0, &number);
	else
		ret = pdiag_tasks_proc_dump(t, number = ++t->last_id);
	if (!ret && id)
		*id = number;
	return ret;
}

int pdiag_tasks_set_trigger(struct pdiag_tasks *t, const struct pdiag_trigger *trigger)
{
	struct pdiag_kmod_trigger request;
	int ret;

	pdiag_error_clear();
	ret = pdiag_trigger_options(trigger, PDIAG_KMOD_TRIGGER_DUMP, __func__, &request);
	if (ret)
		return ret;
	if (!t->kmod)
		return pdiag_fail(EOPNOTSUPP, "a trigger needs the kernel module; load it, or ask "
			"for dumps yourself");
	if (pdiag_context_forked(t->context))
		return fail_forked();
	return pdiag_ksession_trigger(&t->session, &request);
}

int pdiag_tasks_dispatch(struct pdiag_tasks *t)
{
	int ret = 0;

	pdiag_error_clear();
	if (pdiag_context_forked(t->context))
		return fail_forked();
	if (t->kmod)
		ret = pdiag_tasks_kmod_read(t, pdiag_ksession_tasks(&t->session));
	return ret ? ret : (int)t->count;
}

int pdiag_tasks_take(struct pdiag_tasks *tasks, struct pdiag_dump **out)
{
	struct pdiag_dump *dump;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(tasks, out);
	if (ret || pdiag_list_empty(&tasks->dumps))
		return ret;
	dump = pdiag_container(tasks->dumps.next, struct pdiag_dump, waiting);
	pdiag_list_remove(&dump->waiting);
	tasks->count--;
	show_waiting(tasks);
	pdiag_dump_hand_over(dump);
	*out = dump;
	return 1;
}

int pdiag_tasks_wait(struct pdiag_tasks *tasks, uint32_t milliseconds, struct pdiag_dump **out)
{
	uint64_t now = pdiag_clock_ns(CLOCK_MONOTONIC), end = now + milliseconds * 1000000ull;
	struct pollfd poller = { .events = POLLIN };
	int ret, left = -1;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(tasks, out);
	if (ret)
		return ret;
	poller.fd = pdiag_tasks_fd(tasks);
	for (;;) {
		ret = pdiag_tasks_dispatch(tasks);
		if (ret)
			return ret < 0 ? ret : pdiag_tasks_take(tasks, out);
		now = pdiag_clock_ns(CLOCK_MONOTONIC);
		if (milliseconds && now >= end)
			return 0;
		if (milliseconds)
			left = (int)((end - now + 999999) / 1000000 > INT32_MAX ? INT32_MAX :
				(end - now + 999999) / 1000000);
		if (poll(&poller, 1, left) < 0)
			return pdiag_fail(errno, "waiting for a task dump: %s", strerror(errno));
	}
}
