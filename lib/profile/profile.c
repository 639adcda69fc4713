/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A profile from its making to its end, and the samples it counts. */
#include "profile/profile.h"

#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "profile/correction.h"
#include "profile/ledger.h"

static void destroy_child(struct pdiag_child *child)
{
	pdiag_profile_destroy(pdiag_container(child, struct pdiag_profile, child));
}

/* The root is there from the start, so that id 0 is never anything else. */
static int add_root(struct pdiag_profile *p)
{
	p->nodes = malloc(sizeof(*p->nodes));
	if (!p->nodes)
		return -ENOMEM;
	p->nodes[0] = (struct pdiag_node){ .parent = 0, .frame = PDIAG_ID_NONE };
	p->node_count = p->node_cap = 1;
	return 0;
}

int pdiag_profile_new_borrowed(struct pdiag *context, struct pdiag_profile **out)
{
	struct pdiag_profile *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (!p)
		return pdiag_fail_memory("making a profile");
	p->context = context;
	p->borrowed = true;
	pdiag_list_init(&p->child.link);
	p->ledger = calloc(1, sizeof(*p->ledger));
	if (!p->ledger || add_root(p)) {
		pdiag_profile_destroy(p);
		return pdiag_fail_memory("making a profile");
	}
	*out = p;
	return 0;
}

void pdiag_profile_hand_over(struct pdiag_profile *p)
{
	p->borrowed = false;
	pdiag_child_add(p->context, &p->child, destroy_child);
}

void pdiag_profile_adopt(struct pdiag_profile *p)
{
	if (p->borrowed)
		return;
	pdiag_child_remove(&p->child);
	p->borrowed = true;
}

int pdiag_profile_new(struct pdiag *context, struct pdiag_profile **out)
{
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (!ret)
		ret = pdiag_profile_new_borrowed(context, out);
	if (!ret)
		pdiag_profile_hand_over(*out);
	return ret;
}

void pdiag_profile_destroy(struct pdiag_profile *p)
{
	if (!p)
		return;
	pdiag_correction_free(p->correction);
	if (p->ledger)
		pdiag_ledger_free(p->ledger);
	free(p->ledger);
	pdiag_table_free(&p->frame_index);
	pdiag_table_free(&p->node_index);
	pdiag_table_free(&p->thread_index);
	pdiag_table_free(&p->entry_index);
	free(p->frames);
	free(p->nodes);
	free(p->threads);
	free(p->entries);
	pdiag_strings_free(&p->strings);
	pdiag_arena_free(&p->symbols);
	free(p);
}

void pdiag_profile_free(struct pdiag_profile *profile)
{
	if (!profile || profile->borrowed)
		return;
	pdiag_child_remove(&profile->child);
	pdiag_profile_destroy(profile);
}

uint32_t pdiag_profile_second(const struct pdiag_profile *p, uint64_t time)
{
	uint64_t second = time > p->start_time ? (time - p->start_time) / 1000000000u : 0;

	return second < UINT32_MAX ? (uint32_t)second : UINT32_MAX;
}

void pdiag_profile_begin(struct pdiag_profile *p, uint64_t time, uint64_t realtime)
{
	if (p->start_time && time > p->start_time)
		pdiag_ledger_begin(p->ledger, (time - p->start_time) / 1000000000u);
	p->start_time = time;
	p->start_realtime = realtime;
}

int pdiag_profile_count(struct pdiag_profile *p, uint32_t entry, uint64_t weight, int32_t cpu,
	uint64_t time)
{
	struct pdiag_entry *e = &p->entries[entry];
	int ret;

	if (e->state == PDIAG_STATE_RUNNING) {
		ret = pdiag_correction_sample(p, entry, weight, cpu, pdiag_profile_second(p, time));
		if (ret)
			return ret;
	}
	if (weight > PDIAG_WEIGHT_MAX - p->weight)
		weight = PDIAG_WEIGHT_MAX - p->weight;
	e->samples++;
	e->weight += weight;
	p->weight += weight;
	return 0;
}

int pdiag_profile_lose(struct pdiag_profile *p, enum pdiag_loss_reason reason, int32_t cpu,
	int32_t pid, uint64_t time, uint64_t events)
{
	struct pdiag_loss loss = {
		.reason = reason,
		.cpu = cpu,
		.pid = pid,
		.second = pdiag_profile_second(p, time),
		.events = events,
	};
	int ret = pdiag_ledger_add(p->ledger, &loss), late = 0;

	if (reason == PDIAG_LOSS_OVERRUN && events)
		late = pdiag_correction_lose(p, cpu, loss.second, events);
	return ret ? ret : late;
}
