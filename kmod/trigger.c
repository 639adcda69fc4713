// SPDX-License-Identifier: GPL-2.0-only
/*
 * Triggers: a dump or a frozen flight recorder when the machine is at or above a value for long
 * enough. Looked at by the thread that makes the dumps. It fires when the value was reached at
 * every look for `hold_ms`, and, as long as that stays so, again after each cool-down.
 */
#include <linux/ktime.h>

#include "task_list.h"
#include "tasks_own.h"

#define COUNT_SLICE NSEC_PER_MSEC
#define COUNT_SHARE 20 /* counting takes at most one in so many parts of the time */
#define LOCK_TRIES 100
#define DEFAULT_COOLDOWN_MS 60000
#define DEFAULT_CHECK_MS 200
#define LEAST_CHECK_MS 10
#define LONGEST_MS (24 * 3600 * 1000)

int pdiag_tasks_trigger(struct pdiag_session *session, const struct pdiag_kmod_trigger *set)
{
	struct pdiag_tasks *tasks = session->tasks;
	struct pdiag_trigger new = { .set = *set };

	if (set->on >= PDIAG_TRIGGERS || set->reserved || set->reserved2 ||
		set->actions & ~(PDIAG_KMOD_TRIGGER_DUMP | PDIAG_KMOD_TRIGGER_FREEZE) ||
		set->hold_ms > LONGEST_MS || set->cooldown_ms > LONGEST_MS ||
		set->check_ms > LONGEST_MS)
		return -EINVAL;
	if (set->actions & PDIAG_KMOD_TRIGGER_FREEZE && !(session->flags & PDIAG_KMOD_FLIGHT))
		return -EINVAL;
	new.set.check_ms = max_t(u32, set->check_ms ?: DEFAULT_CHECK_MS, LEAST_CHECK_MS);
	new.set.cooldown_ms = set->cooldown_ms ?: DEFAULT_COOLDOWN_MS;
	spin_lock(&tasks->lock);
	tasks->trigger[set->on] = new;
	WRITE_ONCE(tasks->changed, true);
	spin_unlock(&tasks->lock);
	if (tasks->thread)
		wake_up_process(tasks->thread);
	return 0;
}

void pdiag_triggers_restart(struct pdiag_tasks *tasks)
{
	u32 i;

	spin_lock(&tasks->lock);
	for (i = 0; i < PDIAG_TRIGGERS; i++)
		tasks->trigger[i].check = tasks->trigger[i].since = tasks->trigger[i].again =
			tasks->trigger[i].owed = 0;
	spin_unlock(&tasks->lock);
}

/* One of both is asked about; the cost is the same. False: the thread is to end. */
static bool count(struct pdiag_tasks *tasks, struct pdiag_task_counts *counts)
{
	int at = 1;

	*counts = (struct pdiag_task_counts){ 0 };
	pdiag_tasks_slice(tasks, COUNT_SLICE);
	do {
		pdiag_task_count(&at, counts);
		if (!pdiag_tasks_pace(tasks))
			return false;
	} while (at >= 0);
	pdiag_tasks_slice(tasks, 0);
	return true;
}

/* False: not yet. */
static bool freeze(struct pdiag_tasks *tasks, const struct pdiag_task_request *request)
{
	struct pdiag_session *session = tasks->session;
	int i;

	/* Who holds it may be waiting for us to end. */
	for (i = 0; !mutex_trylock(&session->lock); i++)
		if (i == LOCK_TRIES || !pdiag_tasks_sleep(tasks, NSEC_PER_MSEC))
			return false;
	if (!session->frozen) {
		pdiag_session_freeze(session, true);
		pdiag_task_frozen(tasks, request);
	}
	mutex_unlock(&session->lock);
	return true;
}

static void fire(struct pdiag_tasks *tasks, u32 on, u32 actions, u64 value)
{
	struct pdiag_task_request request = { .by = 1 + on, .value = value };

	/* What led to it, first. */
	if (actions & PDIAG_KMOD_TRIGGER_FREEZE && !freeze(tasks, &request)) {
		spin_lock(&tasks->lock);
		/* One that was set meanwhile has not fired. */
		if (tasks->trigger[on].again)
			tasks->trigger[on].owed = max_t(u64, value, 1);
		spin_unlock(&tasks->lock);
	}
	if (!(actions & PDIAG_KMOD_TRIGGER_DUMP))
		return;
	request.id = pdiag_tasks_new_id(tasks);
	pdiag_task_dump(tasks, &request);
}

/* Note the value; returns the actions if the trigger fires. */
static u32 judge(struct pdiag_trigger *trigger, u64 value, u64 now)
{
	if (value < trigger->set.rise) {
		trigger->since = 0;
		return 0;
	}
	if (!trigger->since)
		trigger->since = now;
	if (now - trigger->since < trigger->set.hold_ms * (u64)NSEC_PER_MSEC ||
		now < trigger->again)
		return 0;
	trigger->again = now + trigger->set.cooldown_ms * (u64)NSEC_PER_MSEC;
	return trigger->set.actions;
}

static bool due(struct pdiag_tasks *tasks, u32 on, u64 now)
{
	const struct pdiag_trigger *trigger = &tasks->trigger[on];
	bool is;

	spin_lock(&tasks->lock);
	is = trigger->set.actions && now >= trigger->check;
	spin_unlock(&tasks->lock);
	return is;
}

static bool look(struct pdiag_tasks *tasks, u32 on, u64 began)
{
	struct pdiag_trigger *trigger = &tasks->trigger[on];
	struct pdiag_task_counts counts;
	u64 now, value;
	u32 actions = 0;

	if (on == PDIAG_KMOD_ON_LOAD)
		value = pdiag_task_load();
	else if (!count(tasks, &counts))
		return false;
	else
		value = on == PDIAG_KMOD_ON_RUNNABLE ? counts.runnable : counts.blocked;
	now = ktime_get_mono_fast_ns();
	spin_lock(&tasks->lock);
	/* It may have been taken away meanwhile. */
	if (trigger->set.actions) {
		actions = judge(trigger, value, now);
		trigger->check = max(began + trigger->set.check_ms * (u64)NSEC_PER_MSEC,
			now + (now - began) * (COUNT_SHARE - 1));
	}
	spin_unlock(&tasks->lock);
	if (actions)
		fire(tasks, on, actions, value);
	return true;
}

/* What could not be frozen, again. It waits for the lock as long as the first time. */
static void pay(struct pdiag_tasks *tasks, u32 on)
{
	struct pdiag_trigger *trigger = &tasks->trigger[on];
	u64 value;

	spin_lock(&tasks->lock);
	value = trigger->owed;
	trigger->owed = 0;
	spin_unlock(&tasks->lock);
	if (value)
		fire(tasks, on, PDIAG_KMOD_TRIGGER_FREEZE, value);
}

u64 pdiag_triggers_look(struct pdiag_tasks *tasks)
{
	u64 now, next = U64_MAX;
	u32 on;

	WRITE_ONCE(tasks->changed, false);
	for (on = 0; on < PDIAG_TRIGGERS; on++) {
		pay(tasks, on);
		now = ktime_get_mono_fast_ns();
		if (due(tasks, on, now) && !look(tasks, on, now))
			return 0;
	}
	spin_lock(&tasks->lock);
	for (on = 0; on < PDIAG_TRIGGERS; on++)
		if (tasks->trigger[on].set.actions)
			next = min(next, tasks->trigger[on].owed ? 0 : tasks->trigger[on].check);
	spin_unlock(&tasks->lock);
	return next;
}
