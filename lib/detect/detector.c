/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "detect/scales.h"

_Static_assert(sizeof(struct pdiag_detector_options) == sizeof(size_t) + 2 * 8 + 2 * 4,
	"no holes in struct pdiag_detector_options");
_Static_assert(sizeof(struct pdiag_detection) == sizeof(size_t) + 10 * 8 + 6 * 4,
	"no holes in struct pdiag_detection");

#define FALSE_ALARMS 0.1
#define MEMORY_MIN 1000u
#define MEMORY_MAX 1000000000u
#define FLAGS \
	(PDIAG_DETECTOR_NO_DAY | PDIAG_DETECTOR_ONLY_HIGH | PDIAG_DETECTOR_ONLY_LOW | \
		PDIAG_DETECTOR_COUNTER32)
#define ONE_SIDE (PDIAG_DETECTOR_ONLY_HIGH | PDIAG_DETECTOR_ONLY_LOW)
#define DAY_NS 86400e9
/* Fewer points give no alert. */
#define LEARNING_POINTS 40u
/* Until then only a shift does. */
#define SHIFT_ONLY_POINTS 100u
/* So many steps without a point are a gap. */
#define GAP_STEPS 30.0
/* Decades that three features take from each: any of them may be the one. */
#define THREE_LOOKS 0.47712125471966244
/* The score of so many decades is a half. */
#define HALF_SCORE 5.0
/* exp(-1 / PDIAG_SLOW_POINTS) */
#define SCORE_KEPT 0.99501247919268232
#define TWICE 0.30102999566398120
/* What was never seen is ranked before what is rare by so many decades. */
#define RARE_LESS 1.5
/* What is no more than a follow-up counts this much. */
#define FOLLOW_UP 0.2
/* What is new is at most so much more surprising than it is rare. */
#define NEW_MORE 1.0

struct best {
	struct pdiag_judged judged;
	double news; /* the greatest surprise by what is new */
	uint32_t feature, kind;
};

static int check(struct pdiag_detector_options *o)
{
	if (!(o->false_alarms >= 0 && o->false_alarms <= 1e6) || !(o->resolution >= 0) ||
		!isfinite(o->resolution))
		return pdiag_fail(EINVAL, "pdiag_detector_options: false_alarms are 0 to 1,000,000 "
			"a day, and resolution is 0 or more");
	if ((o->memory && o->memory < MEMORY_MIN) || o->memory > MEMORY_MAX)
		return pdiag_fail(EINVAL, "pdiag_detector_options: memory is %u; it is 0 or %u to "
			"%u points", o->memory, MEMORY_MIN, MEMORY_MAX);
	if (o->flags & ~FLAGS || (o->flags & ONE_SIDE) == ONE_SIDE)
		return pdiag_fail(EINVAL, "pdiag_detector_options: flags are PDIAG_DETECTOR_*, and "
			"one of ONLY_HIGH and ONLY_LOW");
	if (o->false_alarms == 0)
		o->false_alarms = FALSE_ALARMS;
	if (!o->memory)
		o->memory = PDIAG_MEMORY_POINTS;
	return 0;
}

static uint32_t sides_of(const struct pdiag_detector_options *o)
{
	if (o->flags & ONE_SIDE)
		return o->flags & PDIAG_DETECTOR_ONLY_HIGH ? PDIAG_SHIFT_UP : PDIAG_SHIFT_DOWN;
	return PDIAG_SHIFT_UP | PDIAG_SHIFT_DOWN;
}

int pdiag_detector_new(const struct pdiag_detector_options *options, struct pdiag_detector **out)
{
	struct pdiag_detector_options o;
	struct pdiag_detector *d;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW("", out);
	if (!ret)
		ret = PDIAG_OPTIONS_COPY(&o, options, flags);
	if (!ret)
		ret = check(&o);
	if (ret)
		return ret;
	d = calloc(1, sizeof(*d));
	if (!d)
		return pdiag_fail_memory("making a detector");
	d->options = o;
	pdiag_range_scale_init(&d->range_scale, o.memory, o.resolution);
	d->tail_scale = (struct pdiag_tail_scale){ o.resolution, o.memory };
	d->slow_most = 2 * log10((double)o.memory / PDIAG_LOCAL_POINTS);
	d->shift_scale = (struct pdiag_shift_scale){ o.resolution, o.memory, sides_of(&o) };
	*out = d;
	return 0;
}

void pdiag_detector_free(struct pdiag_detector *d)
{
	free(d);
}

/* The time since the last point; learns the usual one. 0: not known. */
static uint64_t take_step(struct pdiag_learned *l, uint64_t time_ns, bool *gap)
{
	uint64_t step = 0;

	*gap = false;
	if (l->points && time_ns > l->time_ns)
		step = time_ns - l->time_ns;
	else if (l->points)
		step = (uint64_t)l->step_ns;
	if (l->points && time_ns > l->time_ns) {
		*gap = l->steps && (double)step > GAP_STEPS * l->step_ns;
		if (!*gap) {
			l->step_ns += ((double)step - l->step_ns) *
				pdiag_rate(l->steps, PDIAG_SLOW_POINTS);
			l->steps += l->steps < UINT32_MAX;
		} else if (l->steps < PDIAG_LOCAL_POINTS) {
			/* What was taken for a step was not one. */
			l->step_ns = (double)step;
		}
	}
	l->time_ns = time_ns;
	return step;
}

/* The false alarms of a day, spread over its points. */
static double threshold_of(struct pdiag_detector *d)
{
	double step = d->learned.step_ns > 0 ? d->learned.step_ns : 1e9, p;

	if (step > 0.9 * d->threshold_step_ns && step < 1.1 * d->threshold_step_ns)
		return d->threshold;
	d->threshold_step_ns = step;
	p = d->options.false_alarms * step / DAY_NS;
	d->threshold = -log10(p > 0.01 ? 0.01 : p < 1e-30 ? 1e-30 : p);
	return d->threshold;
}

static void better(const struct pdiag_detector *d, struct best *best,
	const struct pdiag_judged *j, uint32_t feature, uint32_t kind)
{
	if ((j->direction < 0 && d->options.flags & PDIAG_DETECTOR_ONLY_HIGH) ||
		(j->direction > 0 && d->options.flags & PDIAG_DETECTOR_ONLY_LOW))
		return;
	if (kind == PDIAG_SURPRISE_NEW && j->surprise > best->news)
		best->news = j->surprise;
	if (j->surprise <= best->judged.surprise)
		return;
	best->judged = *j;
	best->feature = feature;
	best->kind = kind;
}

/* Of how many points a trend, or what is usual at this hour, is known. */
static uint32_t known_points(const struct pdiag_learned *l, uint32_t feature)
{
	uint32_t points = l->tail[feature - 1].points, of_hour;

	if (feature != PDIAG_FEATURE_DAY)
		return points;
	of_hour = pdiag_day_points(&l->day, l->time_ns);
	return points < of_hour ? points : of_hour;
}

/*
 * What an alert needs: that is not only by a model of the tail, or of points that all tell the
 * same. And of a trend, or of what is usual at an hour, that is known for a few points only, the
 * next one is the highest too often.
 */
static void sober(struct pdiag_detector *d, uint32_t feature, const struct pdiag_judged *new,
	const struct pdiag_judged *rare, struct best *told)
{
	double most = rare->surprise + NEW_MORE, young;
	struct pdiag_judged j = *new;
	bool value = feature == PDIAG_FEATURE_VALUE;

	if (!value) {
		young = log10(known_points(&d->learned, feature)) + NEW_MORE;
		most = young < d->slow_most ? young : d->slow_most;
	}
	if (j.surprise > most)
		j.surprise = most;
	better(d, told, &j, feature, PDIAG_SURPRISE_NEW);
	j = *rare;
	if (!value && j.surprise > most)
		j.surprise = most;
	better(d, told, &j, feature, PDIAG_SURPRISE_RARE);
}

static void look(struct pdiag_detector *d, double x, uint32_t feature, struct best *best,
	struct best *told, struct pdiag_judged *one, struct pdiag_judged *rare)
{
	struct pdiag_judged j;

	pdiag_range_add(&d->learned.range[feature - 1], &d->range_scale, x, &j);
	better(d, best, &j, feature, PDIAG_SURPRISE_NEW);
	pdiag_tail_add(&d->learned.tail[feature - 1], &d->tail_scale, x,
		d->learned.single.feature != 0, rare);
	better(d, best, rare, feature, PDIAG_SURPRISE_RARE);
	sober(d, feature, &j, one ? one : rare, told);
}

/* Points are ranked by what is new about them first, and counted in full only if they are twice as
 * unlikely as what they follow on. */
static double score_of(struct pdiag_learned *l, const struct best *best)
{
	double rare = best->judged.surprise - THREE_LOOKS - RARE_LESS;
	double surprise = best->news - THREE_LOOKS, score, before, out;

	surprise = best->kind == PDIAG_SURPRISE_RARE && rare > surprise ? rare : surprise;
	surprise = surprise > 0 ? surprise : 0;
	score = surprise / (HALF_SCORE + surprise);
	l->score *= SCORE_KEPT;
	before = HALF_SCORE * l->score / (1 - l->score);
	out = surprise > before + TWICE ? score : FOLLOW_UP * score;
	if (score > l->score)
		l->score = score;
	return out;
}

static void see_away(struct pdiag_learned *l, const struct pdiag_judged *value, double x,
	uint64_t time_ns)
{
	double width = (value->high - value->low) / 2;

	/* From half of the way to the end of what is ordinary on. */
	if (fabs(x - (value->low + width)) <= width / 2)
		l->away_ns = 0;
	else if (!l->away_ns)
		l->away_ns = time_ns;
}

static void tell_alert(const struct pdiag_alert_state *a, struct pdiag_detection *to)
{
	to->onset_ns = a->onset_ns;
	to->peak = a->peak;
	to->feature = a->feature;
	to->kind = a->kind;
	to->direction = a->direction;
}

static void tell(const struct best *best, double offset, struct pdiag_detection *to)
{
	to->low = best->judged.low + offset;
	to->high = best->judged.high + offset;
	to->expected = (to->low + to->high) / 2;
	to->feature = best->feature;
	to->kind = best->kind;
	to->direction = best->judged.direction;
}

/* What single points say, from 100 points on. */
static void single(struct pdiag_detector *d, const struct best *best, const double *now)
{
	struct pdiag_learned *l = &d->learned;
	struct pdiag_judged j = best->judged;
	int accepted;

	j.surprise = j.surprise > THREE_LOOKS ? j.surprise - THREE_LOOKS : 0;
	if (l->points >= SHIFT_ONLY_POINTS)
		pdiag_alert_step(&l->single, &j, best->feature, best->kind, threshold_of(d),
			now[l->single.feature], &accepted);
}

static uint64_t onset_of(const struct pdiag_learned *l, const struct best *best, uint64_t time_ns)
{
	if (best->kind == PDIAG_SURPRISE_SHIFT)
		return l->shift.run[best->judged.direction < 0].begin_ns;
	return l->away_ns ? l->away_ns : time_ns;
}

static uint32_t decide(struct pdiag_detector *d, const struct best *best, double threshold,
	double now, uint64_t time_ns, double x, int *accepted)
{
	struct pdiag_learned *l = &d->learned;
	uint32_t alert, lasted = l->alert.age - l->alert.calm;
	struct best at = *best;

	/* It is over when the value is what it was. */
	if (best->feature == PDIAG_FEATURE_VALUE)
		pdiag_shift_band(&l->shift, &d->shift_scale, &at.judged.low, &at.judged.high);
	alert = pdiag_alert_step(
		&l->alert, &at.judged, best->feature, best->kind, threshold, now, accepted);
	if (alert == PDIAG_ALERT_BEGIN) {
		l->alert.onset_ns = onset_of(l, best, time_ns);
		pdiag_shift_told(&l->shift, time_ns);
	} else if (alert == PDIAG_ALERT_END) {
		pdiag_shift_resume(&l->shift, &d->shift_scale, x, lasted);
	}
	return alert;
}

static void see(struct pdiag_detector *d, uint64_t time_ns, double x, struct pdiag_detection *to)
{
	struct pdiag_learned *l = &d->learned;
	struct pdiag_judged value, rare, one, run = { .surprise = 0 };
	struct pdiag_alert_state was = l->alert;
	struct best best = { .feature = 0 }, told = best;
	double now[PDIAG_FEATURES + 1] = { 0, x, NAN, 0 }, offset[PDIAG_FEATURES + 1] = { 0 };
	int accepted = 0;
	bool gap;
	uint64_t step = take_step(l, time_ns, &gap);

	if (!l->points)
		l->fast = l->slow = x;
	l->fast += pdiag_rate(l->points, PDIAG_LOCAL_POINTS) * (x - l->fast);
	l->slow += pdiag_rate(l->points, PDIAG_SLOW_POINTS) * (x - l->slow);
	if (gap) {
		to->flags |= PDIAG_DETECTION_GAP;
		pdiag_tail_gap(&l->tail[PDIAG_FEATURE_VALUE - 1], x);
	}
	/* What an alert is about is not ordinary. */
	if (l->alert.feature)
		pdiag_shift_look(&l->shift, &d->shift_scale, x, &one);
	else
		pdiag_shift_add(&l->shift, &d->shift_scale, time_ns, x, &one, &run);
	look(d, x, PDIAG_FEATURE_VALUE, &best, &told, &one, &value);
	offset[PDIAG_FEATURE_TREND] = l->slow;
	now[PDIAG_FEATURE_TREND] = l->fast - l->slow;
	look(d, now[PDIAG_FEATURE_TREND], PDIAG_FEATURE_TREND, &best, &told, NULL, &rare);
	if (!(d->options.flags & PDIAG_DETECTOR_NO_DAY) &&
		pdiag_day_add(&l->day, time_ns, step, x, &offset[PDIAG_FEATURE_DAY])) {
		now[PDIAG_FEATURE_DAY] = x - offset[PDIAG_FEATURE_DAY];
		look(d, now[PDIAG_FEATURE_DAY], PDIAG_FEATURE_DAY, &best, &told, NULL, &rare);
	}
	see_away(l, &value, x, time_ns);
	to->score = score_of(l, &best);
	single(d, &best, now);
	if (l->points < SHIFT_ONLY_POINTS)
		told.judged.surprise = 0;
	better(d, &told, &run, PDIAG_FEATURE_VALUE, PDIAG_SURPRISE_SHIFT);
	told.judged.surprise = told.judged.surprise > THREE_LOOKS ?
		told.judged.surprise - THREE_LOOKS : 0;
	if (!told.feature) {
		told.judged = value;
		told.judged.surprise = 0;
	}
	d->last = told.judged;
	d->feature = told.feature;
	d->kind = told.kind;
	d->value = x;
	to->threshold = threshold_of(d);
	to->surprise = told.judged.surprise;
	if (l->points < LEARNING_POINTS)
		to->flags |= PDIAG_DETECTION_LEARNING;
	else
		to->alert = decide(d, &told, to->threshold, now[l->alert.feature], time_ns, x,
			&accepted);
	to->flags |= accepted ? PDIAG_DETECTION_ACCEPTED : 0;
	l->points += l->points < UINT32_MAX;
	tell(&told, offset[told.feature], to);
	if (to->alert != PDIAG_ALERT_NONE)
		tell_alert(to->alert == PDIAG_ALERT_END ? &was : &l->alert, to);
}

int pdiag_detector_join(struct pdiag_detector *d, struct pdiag_detection *last)
{
	struct pdiag_alert_state *a = &d->learned.alert;
	struct best best = { .judged = d->last, .feature = d->feature, .kind = d->kind };
	int accepted;

	if (a->feature || a->cooling || !d->feature || !(d->last.surprise > 0) ||
		last->flags & (PDIAG_DETECTION_MISSING | PDIAG_DETECTION_LEARNING))
		return 0;
	last->alert = decide(d, &best, d->last.surprise, NAN, d->learned.time_ns, d->value,
		&accepted);
	tell_alert(a, last);
	return 1;
}

/* Nothing can be said of it and nothing learned; what is on stays on. */
static void miss(struct pdiag_detector *d, struct pdiag_detection *to)
{
	const struct pdiag_alert_state *a = &d->learned.alert;

	to->flags |= PDIAG_DETECTION_MISSING;
	to->threshold = threshold_of(d);
	to->expected = to->low = to->high = d->learned.tail[0].mean;
	if (!a->feature)
		return;
	to->alert = PDIAG_ALERT_ON;
	tell_alert(a, to);
}

static int add(struct pdiag_detector *d, uint64_t time_ns, double value, uint32_t flags,
	struct pdiag_detection *out)
{
	struct pdiag_detection to = { .time_ns = time_ns, .value = value, .flags = flags };

	/* So large that differences of two, or their squares, are no numbers any more. */
	if (fabs(value) <= 1e150)
		see(d, time_ns, value, &to);
	else
		miss(d, &to);
	if (!out)
		return 0;
	return PDIAG_INFO_COPY(out, &to, reserved, "pdiag_detection");
}

/* Before anything is learned. */
static int check_out(const struct pdiag_detection *out)
{
	return out ? PDIAG_INFO_CHECK(out, reserved, "pdiag_detection") : 0;
}

int pdiag_detector_add(struct pdiag_detector *d, uint64_t time_ns, double value,
	struct pdiag_detection *out)
{
	int ret;

	pdiag_error_clear();
	ret = check_out(out);
	return ret ? ret : add(d, time_ns, value, 0, out);
}

int pdiag_detector_add_counter(struct pdiag_detector *d, uint64_t time_ns, uint64_t counter,
	struct pdiag_detection *out)
{
	struct pdiag_learned *l = &d->learned;
	uint64_t grown = counter - l->counter, step = time_ns - l->counter_ns;
	bool first = !l->counting, later = time_ns > l->counter_ns, restart = false;
	int ret;

	pdiag_error_clear();
	ret = check_out(out);
	if (ret)
		return ret;
	if (counter < l->counter && d->options.flags & PDIAG_DETECTOR_COUNTER32) {
		/* The way round is below half of the circle, or it has begun again. */
		grown &= UINT32_MAX;
		restart = grown > UINT32_MAX / 2 || l->counter > UINT32_MAX;
	} else if (counter < l->counter) {
		restart = true;
	}
	l->counter = counter;
	l->counter_ns = time_ns;
	l->counting = 1;
	if (first || restart || !later)
		return add(d, time_ns, NAN, !first && restart ? PDIAG_DETECTION_RESTART : 0, out);
	return add(d, time_ns, (double)grown * 1e9 / (double)step, 0, out);
}
