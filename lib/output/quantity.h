/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values with their units as people read them: "12.3 MiB/s", "38 %", "41 threads". */
#ifndef PDIAG_OUTPUT_QUANTITY_H
#define PDIAG_OUTPUT_QUANTITY_H

#include <stdbool.h>

#include "util/text.h"

/* Values beyond this, and those that are no number, are not known. */
#define PDIAG_QUANTITY_MAX 1e300

enum pdiag_quantity_kind {
	PDIAG_QUANTITY_PLAIN,	/* 1.23 k */
	PDIAG_QUANTITY_BYTES,	/* 1.23 KiB */
	PDIAG_QUANTITY_SECONDS, /* 1.23 ms */
	PDIAG_QUANTITY_PERCENT, /* 1.23 % */
};

/* How values of a unit are written. */
struct pdiag_quantity {
	enum pdiag_quantity_kind kind;
	double factor;	  /* a value times this is in bytes, s or % */
	char noun[48];	  /* clean, and without markup: "threads/s", "Cel"; "": none */
	char one[48];	  /* the same of one: "thread/s" */
	bool counted;	  /* noun is a word to be said behind the number */
	bool per_second;
};

/* `unit` of UCUM, as pdiag_metric has it; may be NULL. Seconds a second are %. 0 or -ENOMEM. */
int pdiag_quantity_init(struct pdiag_quantity *q, const char *unit, bool per_second);
/* Is it a number to show? */
bool pdiag_quantity_known(double value);
/* With three digits or more, and its unit's symbol: "12.3 MiB/s", "38 %"; "41" of threads. "?" if
 * it is not known. */
void pdiag_quantity_value(struct pdiag_text *t, const struct pdiag_quantity *q, double value);
/* The same with the noun: "41 threads". */
void pdiag_quantity_words(struct pdiag_text *t, const struct pdiag_quantity *q, double value);

/* Round ticks for an axis from low to high: the step between them. */
double pdiag_quantity_step(const struct pdiag_quantity *q, double low, double high, int want);
/* One of them, with as many decimals as the step needs and the prefix that suits `highest`. */
void pdiag_quantity_tick(struct pdiag_text *t, const struct pdiag_quantity *q, double value,
	double step, double highest);

/* For scripts: six digits, such as 12345e-3, or null. */
void pdiag_quantity_json(struct pdiag_text *t, double value);
/* With so many decimals (at most 9), the sign "-", and no zeros at its end. |value| < 1e9 */
void pdiag_quantity_fixed(struct pdiag_text *t, double value, unsigned int decimals);

#endif
