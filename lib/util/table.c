/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void place(uint64_t *slots, uint32_t mask, uint64_t slot)
{
	uint32_t pos = (uint32_t)(slot >> 32) & mask;

	while (slots[pos])
		pos = (pos + 1) & mask;
	slots[pos] = slot;
}

static int grow(struct pdiag_table *t)
{
	uint64_t size = t->slots ? ((uint64_t)t->mask + 1) * 2 : 64;
	uint64_t *slots;

	if (size > UINT32_MAX)
		return -ENOMEM;
	slots = calloc(size, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (uint64_t i = 0; t->slots && i <= t->mask; i++)
		if (t->slots[i])
			place(slots, (uint32_t)size - 1, t->slots[i]);
	free(t->slots);
	t->slots = slots;
	t->mask = (uint32_t)size - 1;
	return 0;
}

int pdiag_table_insert(struct pdiag_table *t, uint64_t hash, uint32_t index)
{
	int ret;

	/* At most three quarters full, so that probes stay short. */
	if (!t->slots || (uint64_t)t->used * 4 >= ((uint64_t)t->mask + 1) * 3) {
		ret = grow(t);
		if (ret)
			return ret;
	}
	place(t->slots, t->mask, (uint64_t)pdiag_table_tag(hash) << 32 | (index + 1));
	t->used++;
	return 0;
}

void pdiag_table_remove(struct pdiag_table *t, uint64_t hash, uint32_t index)
{
	uint32_t pos, hole, home, i;

	for (i = pdiag_table_first(t, hash, &pos); i != index; i = pdiag_table_next(t, hash, &pos))
		if (i == PDIAG_TABLE_END)
			return;
	/* Close the gap: move back what would no longer be found from its home slot. */
	hole = pos;
	for (;;) {
		pos = (pos + 1) & t->mask;
		if (!t->slots[pos])
			break;
		home = (uint32_t)(t->slots[pos] >> 32) & t->mask;
		if (((pos - home) & t->mask) >= ((pos - hole) & t->mask)) {
			t->slots[hole] = t->slots[pos];
			hole = pos;
		}
	}
	t->slots[hole] = 0;
	t->used--;
}

void pdiag_table_replace(struct pdiag_table *t, uint64_t hash, uint32_t from, uint32_t to)
{
	uint32_t pos, i;

	for (i = pdiag_table_first(t, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(t, hash, &pos))
		if (i == from) {
			t->slots[pos] = (uint64_t)pdiag_table_tag(hash) << 32 | (to + 1);
			return;
		}
}

void pdiag_table_clear(struct pdiag_table *t)
{
	if (t->slots)
		memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof(*t->slots));
	t->used = 0;
}

void pdiag_table_free(struct pdiag_table *t)
{
	free(t->slots);
	*t = (struct pdiag_table){ 0 };
}

size_t pdiag_table_bytes(const struct pdiag_table *t)
{
	return t->slots ? ((size_t)t->mask + 1) * sizeof(*t->slots) : 0;
}
