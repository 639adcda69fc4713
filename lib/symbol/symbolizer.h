/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The symbolizer inside: lookups by module. */
#ifndef PDIAG_SYMBOL_SYMBOLIZER_INTERNAL_H
#define PDIAG_SYMBOL_SYMBOLIZER_INTERNAL_H

#include <pdiag/symbolizer.h>

#include "core/context.h"
#include "process/module.h"

/* The context's own symbolizer with default options, made when first asked for. */
int pdiag_symbolizer_default(struct pdiag *context, struct pdiag_symbolizer **out);

/*
 * Name `value` in `module`. *out is valid until the symbolizer's next lookup or its end, and
 * carries the reason where there is no name. 0, -ENOMEM.
 */
int pdiag_symbolizer_lookup(struct pdiag_symbolizer *symbolizer, const struct pdiag_module *module,
	uint64_t value, const struct pdiag_symbol **out);

/*
 * What a blocked thread waits for, told by the names of its kernel frames (leaf first);
 * PDIAG_STATE_BLOCKED when they do not tell.
 */
enum pdiag_state pdiag_wait_cause(const struct pdiag_symbol *const *frames, uint32_t depth);

#endif
