/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/correction.h"

#include <errno.h>
#include <stdlib.h>

#include "util/array.h"

/* Seconds a CPU keeps, a power of two above RETIRE_AFTER. */
#define SLOTS 8u
#define MOVE_AFTER 3u
#define RETIRE_AFTER 6u
#define REACH 2u
/* Against records from outside that make no sense. */
#define CPU_LIMIT 8192
#define SAMPLE_LIMIT 65536u

struct sample {
	uint32_t entry;
	uint32_t weight; /* ns; only ratios matter, so that longer ones may be cut to 4.2 s */
};

/* One second of a CPU. */
struct bucket {
	struct sample *samples;
	size_t count, cap;
	uint64_t sum;	/* of the weights */
	uint64_t lost;	/* events */
	/* What is in the entries' weights now, and over how many samples of which sum. */
	uint64_t spread;
	size_t spread_count;
	uint64_t spread_sum;
	uint32_t second;
	bool used;
};

struct cpu {
	uint32_t now;
	struct bucket slots[SLOTS];
};

struct pdiag_correction {
	struct cpu **cpus; /* by number + 1 */
	size_t count, cap;
};

static uint64_t add_sat(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Add (or take back) `total` over the first samples. Shares are differences of a rising sum, so
 * rounding loses nothing. */
static void spread(struct pdiag_profile *p, const struct bucket *b, uint64_t total, size_t count,
	uint64_t sum, bool back)
{
	uint64_t seen = 0, given = 0, upto, share;

	for (size_t i = 0; i < count; i++) {
		seen += sum ? b->samples[i].weight : 1;
		upto = (uint64_t)((unsigned __int128)total * seen / (sum ? sum : count));
		share = upto - given;
		given = upto;
		p->entries[b->samples[i].entry].weight += back ? -share : share;
	}
	p->weight += back ? -total : total;
}

/* What `lost` events weigh; bounded, so that weights can never overflow. */
static uint64_t lost_weight(const struct pdiag_profile *p, const struct bucket *b, uint64_t lost)
{
	unsigned __int128 total;

	if (!b->count)
		return 0;
	total = p->period_ns ? (unsigned __int128)lost * p->period_ns :
			       (unsigned __int128)lost * b->sum / b->count;
	return total < PDIAG_WEIGHT_MAX - p->weight ? (uint64_t)total :
						      PDIAG_WEIGHT_MAX - p->weight;
}

static void correct(struct pdiag_profile *p, struct bucket *b, uint64_t lost)
{
	if (b->spread)
		spread(p, b, b->spread, b->spread_count, b->spread_sum, true);
	b->spread = lost ? lost_weight(p, b, lost) : 0;
	b->spread_count = b->count;
	b->spread_sum = b->sum;
	if (b->spread)
		spread(p, b, b->spread, b->spread_count, b->spread_sum, false);
}

static struct bucket *bucket_of(struct cpu *c, uint32_t second)
{
	struct bucket *b = &c->slots[second % SLOTS];

	return b->used && b->second == second ? b : NULL;
}

/* Where the loss of a second without samples goes: the nearest that has some, or NULL. */
static struct bucket *nearest(struct cpu *c, uint32_t second)
{
	struct bucket *b;

	for (uint32_t d = 1; d <= REACH; d++) {
		b = second >= d ? bucket_of(c, second - d) : NULL;
		if (b && b->count)
			return b;
		b = second <= UINT32_MAX - d ? bucket_of(c, second + d) : NULL;
		if (b && b->count)
			return b;
	}
	return NULL;
}

/* The samples' memory is kept for the next second in this slot. */
static void retire(struct pdiag_profile *p, struct bucket *b)
{
	if (b->lost || b->spread)
		correct(p, b, b->lost);
	*b = (struct bucket){ .samples = b->samples, .cap = b->cap };
}

/* Time goes on to `second`, which is later than c->now. */
static void advance(struct pdiag_profile *p, struct cpu *c, uint32_t second)
{
	struct bucket *b, *to;
	uint32_t i, s, first = c->now >= SLOTS ? c->now - SLOTS + 1 : 0;

	for (i = 0, s = first; i < SLOTS && s < second; i++, s++) {
		b = bucket_of(c, s);
		if (!b || b->count || !b->lost || second - s < MOVE_AFTER)
			continue;
		to = nearest(c, s);
		if (to)
			to->lost = add_sat(to->lost, b->lost);
		b->lost = 0;
	}
	for (i = 0, s = first; i < SLOTS && s < second; i++, s++) {
		b = bucket_of(c, s);
		if (b && second - s >= RETIRE_AFTER)
			retire(p, b);
	}
	c->now = second;
}

static struct cpu *cpu_of(struct pdiag_profile *p, int32_t number)
{
	struct pdiag_correction *c = p->correction;
	size_t i = number < 0 ? 0 : (size_t)number + 1;

	if (!c) {
		c = p->correction = calloc(1, sizeof(*c));
		if (!c)
			return NULL;
	}
	if (i >= c->count) {
		if (pdiag_array_reserve(&c->cpus, &c->cap, i + 1, sizeof(struct cpu *)))
			return NULL;
		while (c->count <= i)
			c->cpus[c->count++] = NULL;
	}
	if (!c->cpus[i])
		c->cpus[i] = calloc(1, sizeof(struct cpu));
	return c->cpus[i];
}

/* Where a record of this second belongs; what is too late belongs to the second that is on. */
static struct bucket *bucket_get(struct pdiag_profile *p, struct cpu *c, uint32_t second)
{
	struct bucket *b;

	if (second > c->now)
		advance(p, c, second);
	else if (c->now - second >= RETIRE_AFTER)
		second = c->now;
	b = &c->slots[second % SLOTS];
	b->used = true;
	b->second = second;
	return b;
}

int pdiag_correction_sample(struct pdiag_profile *p, uint32_t entry, uint64_t weight, int32_t cpu,
	uint32_t second)
{
	struct bucket *b;
	struct cpu *c;

	if (cpu >= CPU_LIMIT)
		return 0;
	c = cpu_of(p, cpu);
	if (!c)
		return -ENOMEM;
	b = bucket_get(p, c, second);
	if (b->count >= SAMPLE_LIMIT)
		return 0;
	if (pdiag_array_reserve(&b->samples, &b->cap, b->count + 1, sizeof(*b->samples)))
		return -ENOMEM;
	if (weight > UINT32_MAX)
		weight = UINT32_MAX;
	b->samples[b->count++] = (struct sample){ .entry = entry, .weight = (uint32_t)weight };
	b->sum += weight;
	return 0;
}

int pdiag_correction_lose(struct pdiag_profile *p, int32_t cpu, uint32_t second, uint64_t events)
{
	struct bucket *b;
	struct cpu *c;

	if (cpu >= CPU_LIMIT)
		return 0;
	c = cpu_of(p, cpu);
	if (!c)
		return -ENOMEM;
	b = bucket_get(p, c, second);
	b->lost = add_sat(b->lost, events);
	return 0;
}

static void settle_cpu(struct pdiag_profile *p, struct cpu *c, uint64_t end)
{
	uint64_t lost[SLOTS];
	struct bucket *b, *to;

	for (uint32_t i = 0; i < SLOTS; i++) {
		b = &c->slots[i];
		lost[i] = b->used && (b->second < end || b->spread) ? b->lost : 0;
	}
	for (uint32_t i = 0; i < SLOTS; i++) {
		if (!lost[i] || c->slots[i].count)
			continue;
		to = nearest(c, c->slots[i].second);
		if (to)
			lost[to - c->slots] = add_sat(lost[to - c->slots], lost[i]);
		lost[i] = 0;
	}
	for (uint32_t i = 0; i < SLOTS; i++)
		if (lost[i] || c->slots[i].spread)
			correct(p, &c->slots[i], lost[i]);
}

void pdiag_correction_settle(struct pdiag_profile *p, uint64_t end)
{
	for (size_t i = 0; p->correction && i < p->correction->count; i++)
		if (p->correction->cpus[i])
			settle_cpu(p, p->correction->cpus[i], end);
}

int pdiag_profile_settle(struct pdiag_profile *p, uint64_t time)
{
	pdiag_correction_settle(p, time == UINT64_MAX ? time : pdiag_profile_second(p, time));
	return 0;
}

void pdiag_correction_free(struct pdiag_correction *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		for (size_t k = 0; c->cpus[i] && k < SLOTS; k++)
			free(c->cpus[i]->slots[k].samples);
		free(c->cpus[i]);
	}
	free(c->cpus);
	free(c);
}
