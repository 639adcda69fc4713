/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raw stacks and their numbers: ours, which start over now and then, and those of the sources. */
#include <errno.h>

#include "capture/pipeline.h"
#include "util/array.h"

uint32_t pdiag_pipeline_stack(struct pdiag_pipeline *p, const struct pdiag_record *at,
	const uint64_t *ips, uint32_t nr)
{
	struct pdiag_record r;
	uint32_t id;
	int fresh;

	id = pdiag_stack_table_add(&p->stacks, ips, nr, &fresh);
	if (id == PDIAG_STACK_NONE || !fresh || !p->recording)
		return id;
	r = (struct pdiag_record){ .type = PDIAG_RECORD_STACK, .cpu = -1, .pid = -1, .tid = -1,
		.time = at->time, .stack = { .id = id, .nr = nr, .ips = ips } };
	pdiag_recording_put(p->recording, &r);
	return id;
}

uint32_t pdiag_pipeline_sample_stack(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	const uint64_t *ips = r->sample.ips;
	uint32_t nr = r->sample.nr;

	pdiag_pipeline_repair(p, r, &ips, &nr);
	return pdiag_pipeline_stack(p, r, ips, nr);
}

uint32_t pdiag_pipeline_named_stack(struct pdiag_pipeline *p, const struct pdiag_record *r,
	uint32_t stack, uint32_t *flags)
{
	const uint64_t *ips, *known;
	uint32_t nr = 0, known_nr;

	if (!r->sample.regs || stack == PDIAG_STACK_NONE)
		return stack;
	ips = known = pdiag_stack_table_get(&p->stacks, stack, &nr);
	if (!ips || !nr)
		return stack;
	known_nr = nr;
	pdiag_pipeline_repair(p, r, &ips, &nr);
	if (ips == known)
		return stack;
	/* Where the kernel's walk ended is no end any more. */
	if (ips[nr - 1] != known[known_nr - 1])
		*flags &= ~(uint32_t)(PDIAG_STACK_TRUNCATED | PDIAG_STACK_FAULTED);
	return pdiag_pipeline_stack(p, r, ips, nr);
}

/* Replay: what the stream calls a stack is our stack ... */
static int number_of_stream(struct pdiag_pipeline *p, uint32_t number, uint32_t ours)
{
	if (pdiag_array_reserve(&p->numbers, &p->number_cap, (size_t)number + 1,
		    sizeof(*p->numbers)))
		return -ENOMEM;
	while (p->number_count <= number)
		p->numbers[p->number_count++] = PDIAG_STACK_NONE;
	p->numbers[number] = ours;
	return 0;
}

int pdiag_pipeline_number(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	bool of_cpu = r->flags & PDIAG_RECORD_OF_CPU;
	struct pdiag_ring_stack named;
	uint32_t ours;
	int ret;

	/* Each number of a stream has a record; a gap is from a damaged part of the file. */
	if (!of_cpu && r->stack.id >= p->records + 1000000)
		return 0;
	ours = pdiag_pipeline_stack(p, r, r->stack.ips, r->stack.nr);
	if (of_cpu) {
		/* Out of memory, the number must not mean the stack that it meant before. */
		named = (struct pdiag_ring_stack){ .ring = r->cpu, .number = r->stack.id,
			.stack = ours, .flags = r->stack.flags };
		ret = pdiag_ring_stacks_put(&p->ring_stacks, &named);
		return ours == PDIAG_STACK_NONE ? -ENOMEM : ret;
	}
	if (ours == PDIAG_STACK_NONE)
		return -ENOMEM;
	return number_of_stream(p, r->stack.id, ours);
}

uint32_t pdiag_pipeline_numbered(const struct pdiag_pipeline *p, const struct pdiag_record *r,
	uint32_t *flags)
{
	const struct pdiag_ring_stack *named;

	*flags = 0;
	if (r->flags & PDIAG_RECORD_OF_CPU) {
		named = pdiag_ring_stacks_find(&p->ring_stacks, r->cpu, r->sample.stack);
		*flags = named ? named->flags : 0;
		return named ? named->stack : PDIAG_STACK_NONE;
	}
	return r->sample.stack < p->number_count ? p->numbers[r->sample.stack] : PDIAG_STACK_NONE;
}

/* What is kept takes up to half the table, or one of the next samples would come back here. */
static void make_room(struct pdiag_stack_table *t)
{
	size_t limit = t->limit_bytes ? t->limit_bytes : (size_t)16 << 20;

	for (t->limit_bytes = limit / 2; pdiag_stack_table_full(t); limit *= 2)
		t->limit_bytes = limit;
	t->limit_bytes = limit;
}

/* The new number of a stack that is kept; PDIAG_STACK_NONE: out of memory. */
static uint32_t keep(struct pdiag_pipeline *p, const struct pdiag_stack_table *old,
	const struct pdiag_record *at, uint32_t stack)
{
	uint32_t nr = 0;
	const uint64_t *ips = pdiag_stack_table_get(old, stack, &nr);

	return ips ? pdiag_pipeline_stack(p, at, ips, nr) : PDIAG_STACK_NONE;
}

/* Threads that are away: without their stacks they are not known to be away. */
static int keep_absences(struct pdiag_pipeline *p, const struct pdiag_stack_table *old,
	const struct pdiag_record *at)
{
	for (size_t i = 0; i < p->switches.count; i++) {
		struct pdiag_absence *a = &p->switches.list[i];

		a->stack = keep(p, old, at, a->stack);
		if (a->stack == PDIAG_STACK_NONE) {
			pdiag_switches_free(&p->switches);
			return -ENOMEM;
		}
	}
	return 0;
}

/* The kernel module tells a stack once and names it for as long as it likes. */
static int keep_ring_stacks(struct pdiag_pipeline *p, const struct pdiag_stack_table *old,
	const struct pdiag_record *at)
{
	int ret = 0;

	for (size_t i = 0; i < p->ring_stacks.count; i++) {
		struct pdiag_ring_stack *s = &p->ring_stacks.list[i];

		if (s->stack == PDIAG_STACK_NONE)
			continue;
		s->stack = keep(p, old, at, s->stack);
		if (s->stack == PDIAG_STACK_NONE)
			ret = -ENOMEM;
	}
	return ret;
}

int pdiag_pipeline_forget(struct pdiag_pipeline *p, const struct pdiag_record *at)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_FORGET, .cpu = -1, .pid = -1, .tid = -1,
		.time = at->time };
	struct pdiag_stack_table old = p->stacks;
	int away, named;

	p->stacks = (struct pdiag_stack_table){ .limit_bytes = old.limit_bytes };
	pdiag_stack_map_clear(&p->stack_map);
	if (p->recording)
		pdiag_recording_put(p->recording, &r);
	away = keep_absences(p, &old, at);
	named = keep_ring_stacks(p, &old, at);
	pdiag_stack_table_free(&old);
	make_room(&p->stacks);
	return away ? away : named;
}
