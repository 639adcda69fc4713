/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a detector has learned, as bytes. Little endian; numbers as IEEE 754 doubles.
 *
 *	0  8   "pdiagdet"
 *	8  4   version
 *	12 4   length of all
 *	16 4   memory
 *	20 4   flags
 *	24 ..  the fields, in the order of fields()
 *	   4   CRC-32 of all before it
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "core/error.h"
#include "detect/detector.h"

#define MAGIC "pdiagdet"
#define VERSION 3u
#define HEAD 24u
#define VALUE_MOST 1.0001e150
#define FEATURE_MOST 2.0003e150
#define VARIANCE_MOST 2e301
#define BOUND_MOST 1e160
#define LEVEL_MOST 4000
#define LEVEL_APART 0.049
#define DISTANCE_MOST 1e5
#define SUM_MOST 1e12
#define COUNT_MOST 1e12
#define STEP_MOST 1.9e19

/* Either direction by the same list of fields. */
struct walk {
	unsigned char *to;	   /* saving */
	const unsigned char *from; /* restoring */
	size_t at, size;
	bool bad;
};

static void word(struct walk *w, uint64_t *value, unsigned int bytes)
{
	uint64_t v = 0;

	if (w->size - w->at < bytes) {
		w->bad = true;
		return;
	}
	for (unsigned int i = 0; i < bytes; i++)
		if (w->to)
			w->to[w->at + i] = (unsigned char)(*value >> (8 * i));
		else
			v |= (uint64_t)w->from[w->at + i] << (8 * i);
	w->at += bytes;
	if (!w->to)
		*value = v;
}

static void u32(struct walk *w, uint32_t *value)
{
	uint64_t v = *value;

	word(w, &v, 4);
	*value = (uint32_t)v;
}

/* Nothing that add() makes of numbers of up to 1e150 is further from 0 than `most`. */
static void number(struct walk *w, double *value, double most)
{
	uint64_t v;

	memcpy(&v, value, sizeof(v));
	word(w, &v, 8);
	memcpy(value, &v, sizeof(v));
	if (!(fabs(*value) <= most))
		w->bad = true;
}

static void numbers(struct walk *w, double *values, unsigned int count, double most)
{
	for (unsigned int i = 0; i < count; i++)
		number(w, &values[i], most);
}

static void feature(struct walk *w, struct pdiag_range *r, struct pdiag_tail *t)
{
	numbers(w, r->block_low, PDIAG_RANGE_BLOCKS, FEATURE_MOST);
	numbers(w, r->block_high, PDIAG_RANGE_BLOCKS, FEATURE_MOST);
	number(w, &r->low, FEATURE_MOST);
	number(w, &r->high, FEATURE_MOST);
	u32(w, &r->used);
	u32(w, &r->current);
	u32(w, &r->in_block);
	u32(w, &r->points);
	number(w, &t->mean, FEATURE_MOST);
	number(w, &t->variance, VARIANCE_MOST);
	numbers(w, t->level, PDIAG_TAIL_LEVELS, LEVEL_MOST);
	u32(w, &t->points);
	u32(w, &t->same);
	u32(w, &t->run);
	number(w, &t->furthest, LEVEL_MOST);
	number(w, &t->often, COUNT_MOST);
	number(w, &t->usual, LEVEL_MOST);
}

static void usual(struct walk *w, struct pdiag_shift_usual *u)
{
	number(w, &u->mean, VALUE_MOST);
	number(w, &u->spread, FEATURE_MOST);
	numbers(w, u->level, 2, DISTANCE_MOST);
}

static void peaks(struct walk *w, struct pdiag_peaks *p)
{
	number(w, &p->base, SUM_MOST);
	number(w, &p->often, 1);
	number(w, &p->excess, SUM_MOST);
	number(w, &p->square, SUM_MOST * SUM_MOST);
	number(w, &p->count, PDIAG_PEAKS_COUNT + 1);
}

static void shift(struct walk *w, struct pdiag_shift *s)
{
	usual(w, &s->now);
	usual(w, &s->before);
	for (unsigned int i = 0; i < 2; i++) {
		number(w, &s->run[i].sum, SUM_MOST);
		number(w, &s->run[i].most, SUM_MOST);
		number(w, &s->run[i].far, DISTANCE_MOST);
		word(w, &s->run[i].begin_ns, 8);
	}
	peaks(w, &s->far);
	peaks(w, &s->sums);
	number(w, &s->told, COUNT_MOST);
	word(w, &s->told_ns, 8);
	word(w, &s->gap_ns, 8);
	u32(w, &s->regular);
	u32(w, &s->points);
	u32(w, &s->settle);
}

static void alert(struct walk *w, struct pdiag_alert_state *a)
{
	uint32_t direction = (uint32_t)(a->direction + 1);

	number(w, &a->low, BOUND_MOST);
	number(w, &a->high, BOUND_MOST);
	number(w, &a->peak, COUNT_MOST);
	word(w, &a->onset_ns, 8);
	u32(w, &a->feature);
	u32(w, &a->kind);
	u32(w, &a->age);
	u32(w, &a->calm);
	u32(w, &a->cooling);
	u32(w, &direction);
	if (direction > 2)
		w->bad = true;
	else
		a->direction = (int32_t)direction - 1;
}

static void fields(struct walk *w, struct pdiag_learned *l)
{
	for (unsigned int i = 0; i < PDIAG_FEATURES; i++)
		feature(w, &l->range[i], &l->tail[i]);
	shift(w, &l->shift);
	numbers(w, l->day.mean, PDIAG_DAY_HOURS, VALUE_MOST);
	numbers(w, l->day.hours, PDIAG_DAY_HOURS, COUNT_MOST);
	for (unsigned int i = 0; i < PDIAG_DAY_HOURS; i++)
		u32(w, &l->day.points[i]);
	alert(w, &l->alert);
	alert(w, &l->single);
	number(w, &l->fast, VALUE_MOST);
	number(w, &l->slow, VALUE_MOST);
	number(w, &l->step_ns, STEP_MOST);
	number(w, &l->score, 1);
	word(w, &l->time_ns, 8);
	word(w, &l->away_ns, 8);
	word(w, &l->counter, 8);
	word(w, &l->counter_ns, 8);
	u32(w, &l->points);
	u32(w, &l->steps);
	u32(w, &l->counting);
}

static bool range_is_good(const struct pdiag_range *r, const struct pdiag_range_scale *s)
{
	if (!r->points)
		return !r->used && !r->current && !r->in_block;
	if (!r->used || r->used > PDIAG_RANGE_BLOCKS || r->current >= r->used ||
		r->in_block > s->block || r->points > s->memory || !(r->low <= r->high))
		return false;
	for (uint32_t i = 0; i < r->used; i++)
		if (!(r->block_low[i] <= r->block_high[i]) || r->block_low[i] < r->low ||
			r->block_high[i] > r->high)
			return false;
	return true;
}

static bool tail_is_good(const struct pdiag_tail *t)
{
	if (!(t->variance >= 0 && t->furthest >= 0 && t->often >= 0 && t->usual >= 0))
		return false;
	if (!t->points)
		return true;
	if (!(t->level[0] >= LEVEL_APART))
		return false;
	for (unsigned int i = 1; i < PDIAG_TAIL_LEVELS; i++)
		if (!(t->level[i] - t->level[i - 1] >= LEVEL_APART))
			return false;
	return true;
}

static bool usual_is_good(const struct pdiag_shift_usual *u)
{
	return u->spread >= 0 && u->level[0] >= LEVEL_APART &&
		u->level[1] - u->level[0] >= LEVEL_APART;
}

static bool peaks_are_good(const struct pdiag_peaks *p)
{
	return p->base >= LEVEL_APART && p->often >= 1e-10 && p->excess >= PDIAG_PEAKS_EXCESS &&
		p->square >= 0 && p->count >= 1;
}

static bool shift_is_good(const struct pdiag_shift *s)
{
	if (!s->points)
		return true;
	for (unsigned int i = 0; i < 2; i++)
		if (!(s->run[i].sum >= 0 && s->run[i].most >= 0 && s->run[i].far >= 0))
			return false;
	return s->told >= 0 && usual_is_good(&s->now) && usual_is_good(&s->before) &&
		peaks_are_good(&s->far) && peaks_are_good(&s->sums);
}

static bool alert_is_good(const struct pdiag_alert_state *a)
{
	return a->feature <= PDIAG_FEATURES && a->kind <= PDIAG_SURPRISE_SHIFT &&
		!a->feature == !a->kind;
}

/* Whatever bytes with a right checksum say: nothing that add() could not have made matters. */
static bool is_good(const struct pdiag_learned *l, const struct pdiag_range_scale *s)
{
	for (unsigned int i = 0; i < PDIAG_FEATURES; i++)
		if (!range_is_good(&l->range[i], s) || !tail_is_good(&l->tail[i]))
			return false;
	for (unsigned int i = 0; i < PDIAG_DAY_HOURS; i++)
		if (!(l->day.hours[i] >= 0))
			return false;
	return shift_is_good(&l->shift) && alert_is_good(&l->alert) &&
		alert_is_good(&l->single) && l->step_ns >= 0 && l->score >= 0 &&
		l->score < 1 && l->counting <= 1;
}

int pdiag_detector_save(
	const struct pdiag_detector *d, void *bytes, size_t room, size_t *used)
{
	unsigned char all[PDIAG_DETECTOR_STATE_MAX] = MAGIC;
	struct walk w = { .to = all, .at = 8, .size = sizeof(all) };
	struct pdiag_learned learned = d->learned;
	uint32_t version = VERSION, length = 0, memory = d->options.memory;
	uint32_t flags = d->options.flags, crc;

	pdiag_error_clear();
	u32(&w, &version);
	u32(&w, &length);
	u32(&w, &memory);
	u32(&w, &flags);
	fields(&w, &learned);
	*used = length = (uint32_t)w.at + 4;
	w.at = 12;
	u32(&w, &length);
	w.at = length - 4;
	crc = (uint32_t)crc32(0, all, length - 4);
	u32(&w, &crc);
	if (room < length)
		return pdiag_fail(ENOSPC, "the state of this detector has %u bytes and there is "
			"room for %zu; give PDIAG_DETECTOR_STATE_MAX", length, room);
	memcpy(bytes, all, length);
	return 0;
}

static int head(struct walk *w, uint32_t *memory, uint32_t *flags)
{
	uint32_t version = 0, length = 0, crc = 0;
	struct walk end = *w;

	if (w->size < HEAD + 4 || memcmp(w->from, MAGIC, 8))
		return pdiag_fail(EBADMSG, "this is not the state of a detector (%zu bytes)",
			w->size);
	w->at = 8;
	u32(w, &version);
	u32(w, &length);
	u32(w, memory);
	u32(w, flags);
	end.at = w->size - 4;
	u32(&end, &crc);
	if (length != w->size || crc != (uint32_t)crc32(0, w->from, (uInt)(w->size - 4)))
		return pdiag_fail(EBADMSG, "the state of a detector is damaged; begin without it");
	if (version != VERSION)
		return pdiag_fail(ENOTSUP, "the state of a detector is of version %u, and this "
			"release knows %u only; begin without it, or use the release that saved it",
			version, VERSION);
	w->size -= 4;
	return 0;
}

int pdiag_detector_restore(struct pdiag_detector *d, const void *bytes, size_t size)
{
	struct walk w = { .from = bytes, .size = size };
	struct pdiag_learned learned = { .points = 0 };
	uint32_t memory = 0, flags = 0;
	int ret;

	pdiag_error_clear();
	if (size > PDIAG_DETECTOR_STATE_MAX)
		return pdiag_fail(EBADMSG, "this is not the state of a detector (%zu bytes)", size);
	ret = head(&w, &memory, &flags);
	if (ret)
		return ret;
	if (memory != d->options.memory || flags != d->options.flags)
		return pdiag_fail(EINVAL, "the state is of a detector with memory %u, flags %#x; "
			"this one has %u and %#x; make it alike", memory, flags,
			d->options.memory, d->options.flags);
	fields(&w, &learned);
	if (w.bad || w.at != w.size || !is_good(&learned, &d->range_scale))
		return pdiag_fail(EBADMSG, "the state of a detector is damaged; begin without it");
	d->learned = learned;
	d->threshold_step_ns = 0;
	d->feature = d->kind = 0;
	return 0;
}
