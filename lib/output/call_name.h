/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From symbols to the labels of a call tree. */
#ifndef PDIAG_OUTPUT_CALL_NAME_H
#define PDIAG_OUTPUT_CALL_NAME_H

#include "output/call_tree.h"

struct pdiag_call_namer {
	struct pdiag_call_tree *tree;
	enum pdiag_call_style style;
	uint32_t flags; /* PDIAG_OUTPUT_* */
	struct pdiag_text place, clean; /* room to work in */
};

/* The label of a text of ours (a thread, a mark); NONE: out of memory, also of the text's. */
uint32_t pdiag_call_name(struct pdiag_call_namer *n, const struct pdiag_text *text, uint32_t kind);
/* The label of a frame with this symbol, that was looked up by `address`. NONE: out of memory. */
uint32_t pdiag_call_name_frame(struct pdiag_call_namer *n, const struct pdiag_symbol *symbol,
	uint64_t address);
void pdiag_call_namer_free(struct pdiag_call_namer *n);

#endif
