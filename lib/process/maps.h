/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mappings of one process image: sorted, without overlaps, and shared between a parent and
 * its children until one of them changes: a storm of forks copies nothing.
 */
#ifndef PDIAG_PROCESS_MAPS_H
#define PDIAG_PROCESS_MAPS_H

#include "process/process.h"

/* More executable mappings than any process has at once, with Linux's default limit. */
#define PDIAG_MAPS_MAX 65536u

struct pdiag_maps {
	uint32_t refs, count, cap;
	struct pdiag_mapping list[];
};

/*
 * Lay `m` over *maps (NULL: none yet), as mmap does: what it covers is cut away. *total counts the
 * elements allocated in all arrays of a table, and bounds them. 1: changed; 0: it was there
 * already; -ENOMEM: as it was; -ENOSPC: as it was, there are PDIAG_MAPS_MAX.
 */
int pdiag_maps_insert(struct pdiag_maps **maps, const struct pdiag_mapping *m, size_t *total);
struct pdiag_maps *pdiag_maps_share(struct pdiag_maps *maps);
void pdiag_maps_release(struct pdiag_maps *maps, size_t *total);

/* The mapping that covers the address, or NULL. *last is the index of the last hit. */
const struct pdiag_mapping *pdiag_maps_find(const struct pdiag_maps *maps, uint64_t address,
	uint32_t *last);

/* What is known of an address in a module of this kind is the address itself. */
static inline bool pdiag_module_by_address(const struct pdiag_module *module)
{
	return module->kind == PDIAG_MODULE_JIT || module->kind == PDIAG_MODULE_NONE;
}

#endif
