/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is sampled stays in the flight recorder: only who and for how long is looked at, so that
 * this can be asked each second. It says what no counter of the machine does: when all CPUs are in
 * use anyway, somebody else may have them.
 */
#include "capture/busiest.h"

#include <math.h>
#include <stdlib.h>

#include "capture/capture.h"
#include "util/array.h"
#include "util/clock.h"

/* In shorter times there are too few samples. */
#define LEAST_NS (PDIAG_SECOND_NS / 5 * 2)
/* Longer ones say little of now. */
#define MOST_NS (2 * PDIAG_SECOND_NS)
/* A sample that stands for a larger part of the time, and of what all had, is one of too few: who
 * has it is chance. */
#define PART 10

static void add(void *user, int32_t pid, uint64_t ns)
{
	struct pdiag_busiest *b = user;

	b->sum += ns;
	/* Those outside of our pid namespace are many, and look like one. */
	if (!pid)
		return;
	b->heaviest = ns > b->heaviest ? ns : b->heaviest;
	if (b->count && b->turns[b->count - 1].pid == pid) {
		b->turns[b->count - 1].ns += ns;
		return;
	}
	if (pdiag_array_reserve(&b->turns, &b->cap, b->count + 1, sizeof(*b->turns)))
		b->failed = true;
	else
		b->turns[b->count++] = (struct pdiag_busiest_turn){ pid, ns };
}

static int by_pid(const void *a, const void *b)
{
	int32_t one = ((const struct pdiag_busiest_turn *)a)->pid;
	int32_t other = ((const struct pdiag_busiest_turn *)b)->pid;

	return (one > other) - (one < other);
}

static uint64_t most(struct pdiag_busiest *b)
{
	uint64_t sum = 0, max = 0;

	if (b->count)
		qsort(b->turns, b->count, sizeof(*b->turns), by_pid);
	for (size_t i = 0; i < b->count; i++) {
		sum = i && b->turns[i].pid == b->turns[i - 1].pid ? sum : 0;
		sum += b->turns[i].ns;
		max = sum > max ? sum : max;
	}
	return max;
}

double pdiag_capture_busiest(struct pdiag_capture *c, uint64_t now)
{
	const struct pdiag_source_flight *f = &c->source->state.flight;
	struct pdiag_busiest *b = &c->busiest;
	uint64_t since = b->time_ns, whole;

	if (!f->span || f->frozen || !c->start_time || c->stop_time)
		return NAN;
	since = since > f->begun ? since : f->begun;
	if (now < since || now - since < LEAST_NS)
		return NAN;
	b->time_ns = now;
	if (now - since > MOST_NS)
		since = now - MOST_NS;
	b->count = 0;
	b->sum = b->heaviest = 0;
	b->failed = false;
	c->source->ops->recent(c->source, since, add, b);
	whole = b->sum > now - since ? b->sum : now - since;
	if (b->failed || b->heaviest > whole / PART)
		return NAN;
	return b->sum ? (double)most(b) / (double)b->sum : 0;
}

void pdiag_busiest_free(struct pdiag_busiest *b)
{
	free(b->turns);
}
