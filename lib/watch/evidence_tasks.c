/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who ran, wanted to run or was stuck. With the kernel module the kernel dumps the tasks by itself
 * when there are very many, which is of the moment and not of when we got a CPU; else, and when
 * there are fewer, it is asked for a dump when something has been found.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <pdiag/error.h>

#include "profile/profile.h"
#include "tasks/dump.h"
#include "util/array.h"
#include "util/clock.h"
#include "watch/evidence.h"

#define DUMP_MS 250u
/* Threads a CPU that make the kernel dump by itself, and for how long. */
#define RUNNABLE_CPU 8u
#define BLOCKED_CPU 4u
#define HOLD_MS 300u
/* One of its dumps is of an event that began no later than this behind it. */
#define AHEAD_NS (2 * PDIAG_SECOND_NS)

/* Without the module there are none, and nothing is lost that could be had. */
static void set_triggers(struct pdiag_evidence *e)
{
	uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	struct pdiag_trigger triggers[] = {
		{ .on = PDIAG_TRIGGER_RUNNABLE, .rise = RUNNABLE_CPU * cpus },
		{ .on = PDIAG_TRIGGER_BLOCKED, .rise = BLOCKED_CPU * cpus },
	};

	for (size_t i = 0; i < PDIAG_COUNT(triggers); i++) {
		triggers[i].size = sizeof(triggers[i]);
		triggers[i].hold_ms = HOLD_MS;
		triggers[i].cooldown_ms = (uint32_t)(e->cooldown_ns / 1000000);
		if (pdiag_tasks_set_trigger(e->tasks, &triggers[i]))
			return;
	}
}

int pdiag_evidence_tasks_open(struct pdiag_evidence *e, const struct pdiag_watch_options *o)
{
	struct pdiag_tasks_options options = { .size = sizeof(options), .source = o->source };
	int ret;

	if (o->flags & PDIAG_WATCH_NO_TASKS)
		return 0;
	ret = pdiag_tasks_new(e->context, &options, &e->tasks);
	if (ret && ret != -ENOMEM)
		pdiag_evidence_lack(e, "no task dumps: ", pdiag_errmsg());
	if (!ret)
		set_triggers(e);
	return ret == -ENOMEM ? ret : 0;
}

void pdiag_evidence_tasks_close(struct pdiag_evidence *e)
{
	pdiag_dump_free(e->dump);
	pdiag_tasks_free(e->tasks);
	e->dump = NULL;
	e->tasks = NULL;
}

static uint64_t time_of(const struct pdiag_dump *dump, bool *triggered)
{
	struct pdiag_dump_info info = { .size = sizeof(info) };

	pdiag_dump_get_info(dump, &info);
	*triggered = info.triggered;
	return info.time_ns;
}

/* The last that the kernel made by itself is kept. */
void pdiag_evidence_tasks_dispatch(struct pdiag_evidence *e)
{
	struct pdiag_dump *dump;
	bool triggered;

	if (!e->tasks || pdiag_tasks_dispatch(e->tasks) <= 0)
		return;
	while (pdiag_tasks_take(e->tasks, &dump) == 1) {
		time_of(dump, &triggered);
		pdiag_dump_free(triggered ? e->dump : dump);
		if (!triggered)
			continue;
		/* The context frees what is younger than the watch before it. */
		pdiag_dump_adopt(dump);
		e->dump = dump;
	}
}

static int keep(struct pdiag_event *event, struct pdiag_dump *dump)
{
	struct pdiag_dump_info info = { .size = sizeof(info) };
	struct pdiag_profile *copy;
	char limit[512];
	int ret = pdiag_profile_copy(pdiag_dump_profile(dump), &copy);

	if (ret)
		return ret;
	pdiag_dump_get_info(dump, &info);
	event->info.tasks_ns = info.time_ns;
	event->info.runnable = info.runnable;
	event->info.blocked = info.blocked;
	event->info.tasks_triggered = info.triggered;
	pdiag_event_give_profile(event, PDIAG_EVIDENCE_TASKS, copy);
	if (info.limits[0]) {
		snprintf(limit, sizeof(limit), "of the dump of the tasks: %s", info.limits);
		pdiag_event_add_limit(event, limit);
	}
	return 0;
}

/* The dump that is wanted: the kernel's own of this event, or one that is made now. 1: *out is it;
 * 0: it did not come in time. */
static int get(struct pdiag_evidence *e, uint64_t onset_ns, struct pdiag_dump **out)
{
	bool triggered;
	int ret;

	pdiag_evidence_tasks_dispatch(e);
	if (e->dump && time_of(e->dump, &triggered) + AHEAD_NS >= onset_ns) {
		*out = e->dump;
		e->dump = NULL;
		return 1;
	}
	ret = pdiag_tasks_request(e->tasks, NULL);
	return ret ? ret : pdiag_tasks_wait(e->tasks, DUMP_MS, out);
}

int pdiag_evidence_tasks(struct pdiag_evidence *e, struct pdiag_event *event, uint64_t onset_ns)
{
	struct pdiag_dump *dump = NULL;
	int ret = get(e, onset_ns, &dump);

	if (ret == 1) {
		ret = keep(event, dump);
		pdiag_dump_free(dump);
		return ret;
	}
	pdiag_event_add_limit(event, ret ? "the tasks could not be dumped" :
					   "the dump of the tasks was late");
	return ret == -ENOMEM ? ret : 0;
}
