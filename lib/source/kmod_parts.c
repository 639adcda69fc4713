/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/kmod_parts.h"

#include <pdiag_kmod.h>

static uint32_t parts_of(const struct pdiag_raw *raw)
{
	const struct pdiag_kmod_record *r = raw->data;
	const struct pdiag_kmod_count *count = raw->data;

	if (r->type == PDIAG_KMOD_WAIT)
		return 2;
	if (r->type != PDIAG_KMOD_COUNT || raw->len < sizeof(*count) || !count->count)
		return 1;
	return count->count < PDIAG_KMOD_PARTS_MAX ? count->count : PDIAG_KMOD_PARTS_MAX;
}

void pdiag_kmod_parts_keep(struct pdiag_kmod_parts *p, const struct pdiag_raw *raw)
{
	p->raw = *raw;
	p->more = true;
}

bool pdiag_kmod_parts_next(struct pdiag_kmod_parts *p, struct pdiag_raw *raw)
{
	if (!p->more)
		return false;
	*raw = p->raw;
	p->raw.part++;
	p->more = p->raw.part < p->raw.parts;
	return true;
}

void pdiag_kmod_parts_begin(struct pdiag_kmod_parts *p, struct pdiag_raw *raw)
{
	raw->part = 0;
	raw->parts = parts_of(raw);
	pdiag_kmod_parts_keep(p, raw);
	pdiag_kmod_parts_next(p, raw);
}
