/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantities in sentences. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "output/quantity.h"
#include "portrait/portrait.h"

static const char *const words[PDIAG_QUANTITY_COUNT] = {
	[PDIAG_QUANTITY_CPU_USER] = "CPU in user space",
	[PDIAG_QUANTITY_CPU_SYSTEM] = "CPU in the kernel",
	[PDIAG_QUANTITY_RUN_DELAY] = "waiting for a CPU",
	[PDIAG_QUANTITY_VOLUNTARY] = "voluntary switches",
	[PDIAG_QUANTITY_INVOLUNTARY] = "involuntary switches",
	[PDIAG_QUANTITY_FAULTS_MINOR] = "minor faults",
	[PDIAG_QUANTITY_FAULTS_MAJOR] = "major faults",
	[PDIAG_QUANTITY_RESIDENT] = "resident memory",
	[PDIAG_QUANTITY_GROWTH] = "memory growth",
	[PDIAG_QUANTITY_STORAGE_READ] = "storage read",
	[PDIAG_QUANTITY_STORAGE_WRITE] = "storage written",
	[PDIAG_QUANTITY_CALLS_READ] = "read calls",
	[PDIAG_QUANTITY_CALLS_WRITE] = "write calls",
	[PDIAG_QUANTITY_THREADS] = "threads",
	[PDIAG_QUANTITY_BLOCKED_IO] = "waiting for storage",
	[PDIAG_QUANTITY_MIGRATIONS] = "migrations",
	[PDIAG_QUANTITY_CHILDREN_CPU] = "CPU of ended children",
	[PDIAG_QUANTITY_OFF_FUTEX] = "off CPU in futex",
	[PDIAG_QUANTITY_OFF_IO] = "off CPU in storage",
	[PDIAG_QUANTITY_OFF_NETWORK] = "off CPU in network",
	[PDIAG_QUANTITY_OFF_LOCK] = "off CPU in kernel locks",
	[PDIAG_QUANTITY_OFF_OTHER] = "off CPU otherwise",
};

const char *pdiag_portrait_word(uint32_t quantity)
{
	return quantity < PDIAG_QUANTITY_COUNT ? words[quantity] : "unknown";
}

void pdiag_portrait_value(struct pdiag_text *t, uint32_t q, double value)
{
	const char *unit = pdiag_quantity_unit(q);
	size_t len = strlen(unit);
	bool per_second = len > 2 && !strcmp(unit + len - 2, "/s");
	struct pdiag_quantity quantity;
	char base[32];

	snprintf(base, sizeof(base), "%.*s", (int)(per_second ? len - 2 : len), unit);
	if (pdiag_quantity_init(&quantity, base, per_second)) {
		t->error = t->error ? t->error : -ENOMEM;
		return;
	}
	if (fabs(value) < pdiag_quantity_floor(q) * PDIAG_PORTRAIT_NOTHING)
		value = 0;
	pdiag_quantity_value(t, &quantity, value);
	if (quantity.counted && per_second && pdiag_quantity_known(value))
		pdiag_text_str(t, "/s");
}

void pdiag_portrait_amount(struct pdiag_text *t, uint32_t q, double value)
{
	if (!pdiag_quantity_known(value)) {
		pdiag_text_str(t, "not known");
		return;
	}
	pdiag_portrait_value(t, q, value);
	switch (q) {
	case PDIAG_QUANTITY_CPU_USER:
	case PDIAG_QUANTITY_CPU_SYSTEM:
	case PDIAG_QUANTITY_CHILDREN_CPU:
		pdiag_text_str(t, " of a CPU");
		break;
	case PDIAG_QUANTITY_RUN_DELAY:
	case PDIAG_QUANTITY_BLOCKED_IO:
	case PDIAG_QUANTITY_OFF_FUTEX:
	case PDIAG_QUANTITY_OFF_IO:
	case PDIAG_QUANTITY_OFF_NETWORK:
	case PDIAG_QUANTITY_OFF_LOCK:
	case PDIAG_QUANTITY_OFF_OTHER:
		pdiag_text_str(t, value > 1.05 ? " of a thread's time" : " of the time");
		break;
	default:
		break;
	}
}

/* What is below a tenth of what matters is nothing, in words. */
static void usually(struct pdiag_text *t, uint32_t q, double value)
{
	if (fabs(value) < pdiag_quantity_floor(q) / 10)
		pdiag_text_char(t, '0');
	else
		pdiag_portrait_amount(t, q, value);
}

#define UNUSUAL 4.0 /* spreads; half as much as the first is worth a second word */
#define STRANGE 16.0 /* and so much in any case */

static uint32_t strangest(const struct pdiag_portrait_value *values, uint32_t but)
{
	uint32_t best = PDIAG_QUANTITY_COUNT;

	for (uint32_t q = 0; q < PDIAG_QUANTITY_COUNT; q++)
		if (q != but && (best == PDIAG_QUANTITY_COUNT ||
			fabs(values[q].deviation) > fabs(values[best].deviation)))
			best = q;
	return best;
}

static void one(struct pdiag_text *t, uint32_t q, const struct pdiag_portrait_value *value)
{
	pdiag_text_str(t, words[q]);
	pdiag_text_char(t, ' ');
	pdiag_portrait_amount(t, q, value->now);
	pdiag_text_str(t, ", usually ");
	usually(t, q, value->usual);
}

void pdiag_portrait_change(struct pdiag_text *t, const struct pdiag_portrait_value *values)
{
	uint32_t first = strangest(values, PDIAG_QUANTITY_COUNT), second;
	double d = fabs(values[first].deviation);

	if (d < UNUSUAL)
		return;
	one(t, first, &values[first]);
	second = strangest(values, first);
	d = fmin(fmax(d / 2, UNUSUAL), STRANGE);
	if (fabs(values[second].deviation) < d)
		return;
	pdiag_text_str(t, "; ");
	one(t, second, &values[second]);
}
