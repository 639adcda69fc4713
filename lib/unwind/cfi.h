/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of call frame information by module and offset. What was looked up is kept, also that there
 * is nothing: the next sample there costs a look into a table. A context has one, as it has one
 * set of modules.
 */
#ifndef PDIAG_UNWIND_CFI_H
#define PDIAG_UNWIND_CFI_H

#include <stdbool.h>
#include <stdint.h>

#include "process/module.h"
#include "unwind/cfi_row.h"

struct pdiag_cfi;

/* That of a context, made when first asked for; NULL when out of memory. */
struct pdiag_cfi *pdiag_cfi_get(struct pdiag *context);

/* The row for an offset in a file. False: there is none, or none that can be followed. */
bool pdiag_cfi_find(struct pdiag_cfi *cfi, const struct pdiag_module *module, uint64_t offset,
	struct pdiag_cfi_row *row);

/* What it has done so far, for tests and measurements. */
struct pdiag_cfi_stats {
	uint64_t lookups; /* that the table did not answer */
	uint64_t reads;	  /* of blocks of files */
};
void pdiag_cfi_stats(const struct pdiag_cfi *cfi, struct pdiag_cfi_stats *out);

#endif
