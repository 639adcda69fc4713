/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of a profile's frames, in its own memory. */
#include <errno.h>

#include "profile/profile.h"

/* Functions inlined into each other; longer chains are cut. */
#define CALLER_LIMIT 64

/* NULL stays NULL. Says if there was memory. */
static bool keep_text(struct pdiag_profile *p, const char **text)
{
	if (*text)
		*text = pdiag_strings_add(&p->strings, *text);
	else
		return true;
	return *text;
}

static struct pdiag_symbol *keep_one(struct pdiag_profile *p, const struct pdiag_symbol *symbol)
{
	struct pdiag_symbol *s = pdiag_arena_alloc(&p->symbols, sizeof(*s));

	if (!s)
		return NULL;
	*s = *symbol;
	s->caller = NULL;
	return keep_text(p, &s->name) && keep_text(p, &s->raw_name) && keep_text(p, &s->module) &&
			keep_text(p, &s->file) ?
		s : NULL;
}

const struct pdiag_symbol *pdiag_profile_keep_symbol(struct pdiag_profile *p,
	const struct pdiag_symbol *symbol)
{
	struct pdiag_symbol *first = keep_one(p, symbol), *last = first, *next;

	for (int i = 1; last && symbol->caller && i < CALLER_LIMIT; i++) {
		symbol = symbol->caller;
		next = keep_one(p, symbol);
		if (!next)
			return NULL;
		last->caller = next;
		last = next;
	}
	return first;
}

int pdiag_profile_name(struct pdiag_profile *p, uint32_t id, const struct pdiag_symbol *symbol)
{
	const struct pdiag_symbol *kept = pdiag_profile_keep_symbol(p, symbol);

	if (!kept)
		return -ENOMEM;
	p->frames[id].symbol = kept;
	return 0;
}
