/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of culprits: made, copied into, held and given away. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "culprit/culprit.h"
#include "util/array.h"

/* Functions inlined into each other, a frame. */
#define CALLERS 64

_Static_assert(sizeof(struct pdiag_culprit) == 5 * sizeof(void *) + 6 * 4 + 5 * 8,
	"no holes in struct pdiag_culprit");

int pdiag_culprits_make(struct pdiag *context, struct pdiag_culprits **out)
{
	struct pdiag_culprits *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->context = context;
	c->references = 1;
	*out = c;
	return 0;
}

static const char *keep(struct pdiag_culprits *c, const char *text)
{
	return text ? pdiag_arena_copy(&c->arena, text, strlen(text)) : "";
}

/* One symbol without those that it is inlined into; NULL: out of memory. */
static struct pdiag_symbol *keep_one(struct pdiag_culprits *c, const struct pdiag_symbol *symbol)
{
	struct pdiag_symbol *kept = pdiag_arena_alloc(&c->arena, sizeof(*kept));

	if (!kept)
		return NULL;
	*kept = *symbol;
	kept->caller = NULL;
	kept->name = keep(c, symbol->name);
	kept->raw_name = keep(c, symbol->raw_name);
	kept->module = keep(c, symbol->module);
	kept->file = symbol->file ? keep(c, symbol->file) : NULL;
	if (!kept->name || !kept->raw_name || !kept->module || (symbol->file && !kept->file))
		return NULL;
	return kept;
}

static struct pdiag_symbol *keep_symbol(
	struct pdiag_culprits *c, const struct pdiag_symbol *symbol)
{
	struct pdiag_symbol *first = keep_one(c, symbol), *last = first, *next;

	for (int i = 1; last && symbol->caller && i < CALLERS; i++) {
		symbol = symbol->caller;
		next = keep_one(c, symbol);
		if (!next)
			return NULL;
		last->caller = next;
		last = next;
	}
	return first;
}

static int keep_frames(struct pdiag_culprits *c, struct pdiag_culprit *culprit)
{
	const struct pdiag_symbol **frames;

	if (!culprit->depth) {
		culprit->frames = NULL;
		return 0;
	}
	frames = pdiag_arena_alloc(&c->arena, culprit->depth * sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	for (uint32_t i = 0; i < culprit->depth; i++) {
		frames[i] = keep_symbol(c, culprit->frames[i]);
		if (!frames[i])
			return -ENOMEM;
	}
	culprit->frames = frames;
	return 0;
}

int pdiag_culprits_add(struct pdiag_culprits *c, const struct pdiag_culprit *culprit)
{
	struct pdiag_culprit kept = *culprit;

	if (pdiag_array_reserve(&c->list, &c->cap, c->count + 1, sizeof(kept)))
		return -ENOMEM;
	kept.sentence = keep(c, culprit->sentence);
	kept.process = keep(c, culprit->process);
	kept.comm = keep(c, culprit->comm);
	kept.cgroup = keep(c, culprit->cgroup);
	if (!kept.sentence || !kept.process || !kept.comm || !kept.cgroup ||
		keep_frames(c, &kept))
		return -ENOMEM;
	c->list[c->count++] = kept;
	return 0;
}

static void destroy(struct pdiag_culprits *c)
{
	pdiag_arena_free(&c->arena);
	free(c->list);
	free(c);
}

static void destroy_child(struct pdiag_child *child)
{
	destroy(pdiag_container(child, struct pdiag_culprits, child));
}

void pdiag_culprits_hand_over(struct pdiag_culprits *c)
{
	c->listed = true;
	pdiag_child_add(c->context, &c->child, destroy_child);
}

void pdiag_culprits_adopt(struct pdiag_culprits *c)
{
	if (!c->listed)
		return;
	pdiag_child_remove(&c->child);
	c->listed = false;
}

struct pdiag_culprits *pdiag_culprits_hold(struct pdiag_culprits *c)
{
	c->references++;
	return c;
}

void pdiag_culprits_release(struct pdiag_culprits *c)
{
	if (c && !--c->references)
		destroy(c);
}

void pdiag_culprits_free(struct pdiag_culprits *culprits)
{
	/* One that an event holds is the event's. */
	if (!culprits || !culprits->listed)
		return;
	pdiag_culprits_adopt(culprits);
	destroy(culprits);
}

uint32_t pdiag_culprits_count(const struct pdiag_culprits *culprits)
{
	return (uint32_t)culprits->count;
}

const struct pdiag_culprit *pdiag_culprits_get(
	const struct pdiag_culprits *culprits, uint32_t index)
{
	return index < culprits->count ? &culprits->list[index] : NULL;
}
