/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a raw stack of a process image to its place in the profile. Addresses mean the same as long
 * as the image and its mappings do, so the translation is made once.
 */
#ifndef PDIAG_CAPTURE_STACK_MAP_H
#define PDIAG_CAPTURE_STACK_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "util/table.h"

struct pdiag_stack_key {
	uint32_t process; /* serial */
	uint32_t changes; /* of its mappings */
	uint32_t stack;	  /* raw */
	uint32_t below;	  /* of who woke a thread: the node that it stands on; else 0 */
	const char *comm; /* ... and its name, interned */
};

struct pdiag_stack_place {
	struct pdiag_stack_key key;
	uint32_t node;
	uint32_t flags; /* PDIAG_STACK_* */
};

struct pdiag_stack_map {
	struct pdiag_table index;
	struct pdiag_stack_place *places;
	size_t count, cap;
};

/* NULL if not known. Valid until the next add. */
const struct pdiag_stack_place *pdiag_stack_map_find(const struct pdiag_stack_map *m,
	const struct pdiag_stack_key *key);
/* May forget what it knew, to stay small. A failing allocation only costs a later translation. */
void pdiag_stack_map_add(struct pdiag_stack_map *m, const struct pdiag_stack_place *place);
void pdiag_stack_map_clear(struct pdiag_stack_map *m);
void pdiag_stack_map_free(struct pdiag_stack_map *m);

#endif
