/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantities in sentences. */
#include <math.h>

#include "output/number.h"
#include "portrait/portrait.h"
#include "util/array.h"

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

/* Three digits, or all that are before the point. */
static void number(struct pdiag_text *t, double v)
{
	unsigned int decimals = v >= 99.95 || v < 0.005 ? 0 : v >= 9.995 ? 1 : 2;
	double scale = decimals == 2 ? 100 : decimals ? 10 : 1;
	uint64_t fixed = v < 1e15 ? (uint64_t)(v * scale + 0.5) : UINT64_MAX / 1000;

	while (decimals && fixed % 10 == 0) {
		fixed /= 10;
		decimals--;
	}
	if (decimals)
		pdiag_number_fixed(t, fixed, decimals);
	else
		pdiag_number_grouped(t, fixed);
}

static void bytes(struct pdiag_text *t, double v)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	size_t i = 0;

	while (v >= 999.5 && i + 1 < PDIAG_COUNT(units)) {
		v /= 1000;
		i++;
	}
	number(t, i ? v : floor(v + 0.5));
	pdiag_text_char(t, ' ');
	pdiag_text_str(t, units[i]);
}

/* "0.94 s/s" tells most people less than "94 %". */
static void share(struct pdiag_text *t, double v, const char *of)
{
	number(t, v >= 0.0995 ? floor(v * 100 + 0.5) : v * 100);
	pdiag_text_str(t, " %");
	pdiag_text_str(t, of);
}

void pdiag_portrait_amount(struct pdiag_text *t, uint32_t q, double value)
{
	if (!isfinite(value)) {
		pdiag_text_str(t, "not known");
		return;
	}
	if (value < 0) {
		pdiag_text_str(t, "\xe2\x88\x92");
		value = -value;
	}
	switch (q) {
	case PDIAG_QUANTITY_CPU_USER:
	case PDIAG_QUANTITY_CPU_SYSTEM:
	case PDIAG_QUANTITY_CHILDREN_CPU:
		share(t, value, " of a CPU");
		break;
	case PDIAG_QUANTITY_RUN_DELAY:
	case PDIAG_QUANTITY_BLOCKED_IO:
	case PDIAG_QUANTITY_OFF_FUTEX:
	case PDIAG_QUANTITY_OFF_IO:
	case PDIAG_QUANTITY_OFF_NETWORK:
	case PDIAG_QUANTITY_OFF_LOCK:
	case PDIAG_QUANTITY_OFF_OTHER:
		share(t, value, value > 1.05 ? " of a thread's time" : " of the time");
		break;
	case PDIAG_QUANTITY_RESIDENT:
		bytes(t, value);
		break;
	case PDIAG_QUANTITY_THREADS:
		number(t, value);
		break;
	case PDIAG_QUANTITY_GROWTH:
	case PDIAG_QUANTITY_STORAGE_READ:
	case PDIAG_QUANTITY_STORAGE_WRITE:
		bytes(t, value);
		pdiag_text_str(t, "/s");
		break;
	default:
		number(t, value);
		pdiag_text_str(t, "/s");
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

#define UNUSUAL 4.0 /* spreads; more than half as much as the first is worth a second word */

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
	d = d / 2 > UNUSUAL ? d / 2 : UNUSUAL;
	if (fabs(values[second].deviation) < d)
		return;
	pdiag_text_str(t, "; ");
	one(t, second, &values[second]);
}
