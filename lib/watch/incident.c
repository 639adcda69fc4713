/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One event for one incident. It begins with the first alarm, takes in every metric that joins, and
 * ends when all of them are back at what was ordinary before the onset: detectors get used to what
 * goes on, these levels do not.
 */
#include "util/clock.h"
#include "watch/watch.h"

/* All must be back for so long. */
#define CALM_NS (6 * PDIAG_SECOND_NS)
/* An onset is not looked for further back. */
#define ONSET_MAX_NS (60 * PDIAG_SECOND_NS)
/* What was found by who was at it, and lasts no longer, is known from then on. */
#define BRIEF_NS (15 * PDIAG_SECOND_NS)
/* What lasts longer is how things are now. */
#define EVENT_MAX_NS (3600 * PDIAG_SECOND_NS)
/* One metric alone must be off for so long: a spike is no incident. */
#define SUSPECT_NS (900 * 1000000ull)
/* It is not alone if another one is, or more than so many are off at the same time. */
#define BACKERS 2u

/* What was learned from the event itself does not tell what was ordinary before it: such a detector
 * would find its end surprising. */
static bool may_join(const struct pdiag_watch *w, const struct pdiag_watch_metric *m)
{
	return !w->incident.event || (m->known_ns && m->known_ns <= w->incident.onset_ns);
}

/* Who takes part: those in an alert, and the one that is most surprising. */
static void join_all(struct pdiag_watch *w)
{
	bool first = !w->incident.event && !w->incident.suspect_ns;

	for (uint32_t i = 0; i < w->count; i++) {
		struct pdiag_watch_metric *m = &w->list[i];

		if (m->part.in)
			pdiag_watch_follow_part(w, m);
		else if ((pdiag_watch_is_alarming(w, m) && may_join(w, m)) ||
			(first && w->incident.main == i))
			pdiag_watch_join(w, m, pdiag_watch_least_onset(w, ONSET_MAX_NS));
	}
}

/* The rule that began the event: what it was found at, and its worst, also if it breaks again. */
static void follow_rule(struct pdiag_watch *w, bool found)
{
	struct pdiag_watch_incident *in = &w->incident;
	const struct pdiag_watch_rule *r = &w->rules[in->rule];
	double worse = r->last.peak - in->rule_peak;

	if (!pdiag_watch_is_on(r->last.alert))
		return;
	if (found)
		in->rule_value = r->last.value;
	if (!found && (r->options.flags & PDIAG_RULE_BELOW ? worse >= 0 : worse <= 0))
		return;
	in->rule_peak = r->last.peak;
	in->rule_peak_ns = r->peak_ns;
}

static uint64_t earliest(const struct pdiag_watch *w, uint32_t rule)
{
	uint64_t onset = pdiag_watch_now(w), least = pdiag_watch_least_onset(w, ONSET_MAX_NS);

	if (rule != PDIAG_WATCH_NONE && w->rules[rule].last.onset_ns)
		onset = w->rules[rule].last.onset_ns;
	for (uint32_t i = 0; i < w->count; i++)
		if (w->list[i].part.in && w->list[i].part.onset_ns < onset)
			onset = w->list[i].part.onset_ns;
	return onset < least ? least : onset;
}

static uint32_t rule_states(const struct pdiag_watch *w, const struct pdiag_watch_rule *r)
{
	return pdiag_watch_choice(pdiag_metrics_describe(w->metrics, r->index)->name)->states;
}

static uint32_t waits_of(const struct pdiag_watch *w)
{
	uint32_t states = 0;

	for (uint32_t i = 0; i < w->count; i++)
		if (w->list[i].part.in)
			states |= w->list[i].choice->states;
	if (w->incident.rule != PDIAG_WATCH_NONE)
		states |= rule_states(w, &w->rules[w->incident.rule]);
	return states & PDIAG_WATCH_WAITS;
}

/* Who it was and what is known by now, to whoever wants it. 0 or -ENOMEM. */
static int tell_all(struct pdiag_watch *w, uint64_t end_ns)
{
	struct pdiag_event *event = w->incident.event;
	int failed, ret;

	w->evidence.waits = waits_of(w);
	failed = pdiag_evidence_blame(&w->evidence, event);
	ret = pdiag_watch_tell(w, end_ns);
	pdiag_watch_deliver(w, event);
	return ret ? ret : failed;
}

/* The same of one that goes on, which is then kept within its bounds. */
static int tell_so_far(struct pdiag_watch *w)
{
	int failed = tell_all(w, 0), ret;

	ret = pdiag_evidence_keep_within(&w->evidence, w->incident.event);
	return ret ? ret : failed;
}

static int begin(struct pdiag_watch *w, uint32_t rule)
{
	struct pdiag_watch_incident *in = &w->incident;
	struct pdiag_event *event;
	int ret = pdiag_event_new(w->context, &event), failed;

	if (ret)
		return ret;
	in->event = event;
	in->rule = rule;
	/* The samples may say nothing, so soon after others. */
	if (in->culprits)
		pdiag_event_give_culprits(event, in->culprits);
	in->doubted = in->culprits != NULL;
	in->culprits = NULL;
	if (rule != PDIAG_WATCH_NONE)
		follow_rule(w, true);
	in->onset_ns = earliest(w, rule);
	in->detected_ns = pdiag_watch_now(w);
	in->during_due = true;
	w->info.events++;
	w->info.ongoing = 1;
	failed = pdiag_evidence_begin(&w->evidence, event, in->onset_ns);
	ret = tell_so_far(w);
	return ret ? ret : failed;
}

static int sample_during(struct pdiag_watch *w, uint64_t end_ns)
{
	w->incident.during_due = false;
	return pdiag_evidence_during(&w->evidence, w->incident.event, end_ns);
}

/* A second or two of it seldom tell who it was; its end may be far. */
static int update(struct pdiag_watch *w)
{
	int sampled = sample_during(w, UINT64_MAX), ret;

	if (!sampled)
		return 0;
	ret = tell_so_far(w);
	return ret || sampled > 0 ? ret : sampled;
}

void pdiag_watch_drop_incident(struct pdiag_watch *w)
{
	pdiag_culprits_free(w->incident.culprits);
	pdiag_event_destroy(w->incident.event);
	w->incident = (struct pdiag_watch_incident){ .event = NULL };
	w->info.ongoing = 0;
	for (uint32_t i = 0; i < w->count; i++)
		w->list[i].part.in = false;
}

/* What is still on when an event ends: what becomes of it is told when it has been off. */
static void leave_all(struct pdiag_watch *w, bool calm)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (pdiag_watch_is_on(w->list[i].last.alert))
			pdiag_watch_leave(&w->list[i], calm);
	for (uint32_t i = 0; i < w->rule_count; i++)
		w->rules[i].handled = pdiag_watch_is_on(w->rules[i].last.alert);
}

static int end(struct pdiag_watch *w, uint64_t end_ns)
{
	int sampled = w->incident.during_due ? sample_during(w, end_ns) : 0, ret;
	bool brief;

	ret = tell_all(w, end_ns);
	brief = end_ns - w->incident.onset_ns < BRIEF_NS;
	pdiag_evidence_file_asked(&w->evidence, w->incident.doubted && brief);
	leave_all(w, w->incident.calm_ns);
	pdiag_watch_drop_incident(w);
	w->quiet_ns = end_ns;
	return ret || sampled > 0 ? ret : sampled;
}

/* Are all back that took part? */
static bool is_calm(const struct pdiag_watch *w)
{
	for (uint32_t i = 0; i < w->rule_count; i++)
		if (pdiag_watch_is_broken(&w->rules[i]))
			return false;
	for (uint32_t i = 0; i < w->count; i++)
		if (w->list[i].part.in && !pdiag_watch_is_back(w, &w->list[i]))
			return false;
	return true;
}

static int go_on(struct pdiag_watch *w)
{
	struct pdiag_watch_incident *in = &w->incident;
	uint64_t now = pdiag_watch_now(w);

	join_all(w);
	if (in->rule != PDIAG_WATCH_NONE)
		follow_rule(w, false);
	if (!is_calm(w))
		in->calm_ns = 0;
	else if (!in->calm_ns)
		in->calm_ns = now;
	if (in->calm_ns && now - in->calm_ns >= CALM_NS)
		return end(w, in->calm_ns);
	if (now - in->onset_ns >= EVENT_MAX_NS)
		return end(w, now);
	if (in->during_due && now - in->detected_ns >= w->evidence.during_ns)
		return update(w);
	return 0;
}

/* Is there more than one metric to it? */
static bool is_backed(const struct pdiag_watch *w)
{
	uint32_t count = 0, alarming = 0, on_seen = 0, off_seen = 0;

	for (uint32_t i = 0; i < w->count; i++) {
		const struct pdiag_watch_metric *m = &w->list[i];
		bool on = pdiag_watch_is_alarming(w, m);

		alarming += on && pdiag_watch_is_first(m->choice, &on_seen);
		count += (on || pdiag_watch_is_off(m)) &&
			pdiag_watch_is_first(m->choice, &off_seen);
	}
	return alarming > 1 || count > BACKERS;
}

/* The most surprising of those that are told of. */
static uint32_t main_of(const struct pdiag_watch *w)
{
	uint32_t most = w->together.member;
	double score = -1;

	if (pdiag_watch_is_alarming(w, &w->list[most]))
		return most;
	for (uint32_t i = 0; i < w->count; i++)
		if (pdiag_watch_is_alarming(w, &w->list[i]) && w->list[i].last.score > score) {
			score = w->list[i].last.score;
			most = i;
		}
	return most;
}

/* Something may have begun that is told of later: these are no ordinary times. */
static bool is_brewing(const struct pdiag_watch *w)
{
	for (uint32_t i = 0; i < w->rule_count; i++)
		if (w->rules[i].last.onset_ns && !w->rules[i].handled)
			return true;
	for (uint32_t i = 0; i < w->count; i++)
		if (pdiag_watch_is_off(&w->list[i]))
			return true;
	return false;
}

/* Is there one that was looked at again and is not back? What is held was seen but once. */
static bool is_seen_again(const struct pdiag_watch *w)
{
	for (uint32_t i = 0; i < w->count; i++) {
		const struct pdiag_watch_metric *m = &w->list[i];

		if (m->part.in && m->fresh && !(m->last.flags & PDIAG_DETECTION_MISSING) &&
			!pdiag_watch_is_back(w, m))
			return true;
	}
	return false;
}

/* An alert that is on, though nothing may be known of its metric now. */
static bool is_any_on(const struct pdiag_watch *w)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (pdiag_watch_is_on(w->list[i].last.alert))
			return true;
	return false;
}

/* No alert. */
static int look_closer(struct pdiag_watch *w)
{
	bool incident;
	int ret;

	w->restored = w->restored && is_any_on(w);
	if (!is_brewing(w))
		return pdiag_evidence_rest(&w->evidence, pdiag_watch_now(w), w->quiet_ns);
	ret = pdiag_watch_doubt(w, &incident);
	if (!incident)
		return ret;
	ret = begin(w, PDIAG_WATCH_NONE);
	if (!w->incident.event)
		pdiag_watch_drop_incident(w);
	return ret;
}

/* Nothing yet, or hardly. */
static int look_out(struct pdiag_watch *w, bool alarm)
{
	struct pdiag_watch_incident *in = &w->incident;
	uint64_t now = pdiag_watch_now(w);

	if (!in->suspect_ns) {
		if (!alarm)
			return look_closer(w);
		in->main = main_of(w);
		join_all(w);
		in->suspect_ns = now;
		/* Alerts may be on from before a restart, about what is over. */
		if (w->restored && is_calm(w))
			return 0;
		/* Several at once are no accident. */
		return is_backed(w) ? begin(w, PDIAG_WATCH_NONE) : 0;
	}
	join_all(w);
	if (is_calm(w))
		pdiag_watch_drop_incident(w);
	else if (is_backed(w) || (now - in->suspect_ns >= SUSPECT_NS && is_seen_again(w)))
		return begin(w, PDIAG_WATCH_NONE);
	return 0;
}

int pdiag_watch_follow(struct pdiag_watch *w)
{
	bool alarm;
	uint32_t rule;

	if (w->incident.event)
		return go_on(w);
	alarm = pdiag_watch_alarm(w, &rule);
	if (!alarm || rule == PDIAG_WATCH_NONE)
		return look_out(w, alarm);
	/* A rule has said itself how long it must be broken. */
	w->incident.main = PDIAG_WATCH_NONE;
	join_all(w);
	return begin(w, rule);
}
