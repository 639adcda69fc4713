/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a symbolizer is made of. */
#ifndef PDIAG_SYMBOL_STATE_H
#define PDIAG_SYMBOL_STATE_H

#include "symbol/object_cache.h"
#include "symbol/symbolizer.h"
#include "util/arena.h"
#include "util/strings.h"
#include "util/text.h"

struct pdiag_symbolizer {
	struct pdiag_child child;
	struct pdiag *context;
	uint32_t flags;
	char *debug_path, *kallsyms_path, *perf_map_dir;
	struct pdiag_object_cache cache;

	/* The result of the last lookup, and what its names were made from. */
	struct pdiag_symbol result;
	struct pdiag_text raw, demangled;
	const struct pdiag_object *last;
	size_t last_index;
	uint64_t last_loads;

	/* What was handed out for good, by content. */
	struct pdiag_strings strings;
	struct pdiag_arena symbols;
	struct pdiag_symbol **kept;
	size_t kept_count, kept_cap;
	struct pdiag_table kept_index;
};

/* Name an address of an object, NULL: none for `reason`. `module` is what the frame belongs to. */
int pdiag_symbolizer_name(struct pdiag_symbolizer *s, const struct pdiag_object *object,
	enum pdiag_reason reason, const char *module, enum pdiag_frame_kind kind, uint64_t address,
	const struct pdiag_symbol **out);
/* A copy of the symbol that lives as long as the symbolizer. NULL: out of memory. */
const struct pdiag_symbol *pdiag_symbolizer_keep(struct pdiag_symbolizer *s,
	const struct pdiag_symbol *symbol);

#endif
