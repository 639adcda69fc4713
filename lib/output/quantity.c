/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/quantity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "output/number.h"
#include "output/sanitize.h"
#include "util/array.h"

#define MINUS "\xe2\x88\x92"

/* What a value is divided by to be written, and what is written behind it. */
struct scale {
	double unit;
	const char *symbol;
};

static const struct scale plain[] = { { 1, "" }, { 1e3, " k" }, { 1e6, " M" }, { 1e9, " G" },
	{ 1e12, " T" }, { 1e15, " P" }, { 0, NULL } };
static const struct scale bytes[] = { { 1, " B" }, { 0x1p10, " KiB" }, { 0x1p20, " MiB" },
	{ 0x1p30, " GiB" }, { 0x1p40, " TiB" }, { 0x1p50, " PiB" }, { 0x1p60, " EiB" },
	{ 0, NULL } };
static const struct scale seconds[] = { { 1e-9, " ns" }, { 1e-6, " \xc2\xb5s" }, { 1e-3, " ms" },
	{ 1, " s" }, { 0, NULL } };
static const struct scale percent[] = { { 1, " %" }, { 0, NULL } };

static const struct scale *const scales[] = {
	[PDIAG_QUANTITY_PLAIN] = plain,
	[PDIAG_QUANTITY_BYTES] = bytes,
	[PDIAG_QUANTITY_SECONDS] = seconds,
	[PDIAG_QUANTITY_PERCENT] = percent,
};

static const struct {
	const char *unit;
	enum pdiag_quantity_kind kind;
	double factor;
} known[] = {
	{ "By", PDIAG_QUANTITY_BYTES, 1 },
	{ "KiBy", PDIAG_QUANTITY_BYTES, 0x1p10 },
	{ "MiBy", PDIAG_QUANTITY_BYTES, 0x1p20 },
	{ "GiBy", PDIAG_QUANTITY_BYTES, 0x1p30 },
	{ "s", PDIAG_QUANTITY_SECONDS, 1 },
	{ "ms", PDIAG_QUANTITY_SECONDS, 1e-3 },
	{ "us", PDIAG_QUANTITY_SECONDS, 1e-6 },
	{ "ns", PDIAG_QUANTITY_SECONDS, 1e-9 },
	{ "1", PDIAG_QUANTITY_PERCENT, 100 },
	{ "%", PDIAG_QUANTITY_PERCENT, 1 },
};

/* "{thread}" is "threads", "{switch}" is "switches". 0 or -ENOMEM. */
static int name_unit(struct pdiag_quantity *q, const char *unit)
{
	struct pdiag_text clean = { 0 };
	size_t len = strlen(unit);
	const char *many = "s", *per = q->per_second ? "/s" : "";
	int ret;

	if (len > 2 && unit[0] == '{' && unit[len - 1] == '}') {
		unit++;
		len -= 2;
		q->counted = true;
	}
	pdiag_sanitize_name(&clean, unit, len);
	ret = clean.error;
	if (!ret) {
		for (char *c = clean.data; *c; c++)
			if (strchr("<>&\"", *c))
				*c = '?';
		len = pdiag_sanitize_cut(clean.data, clean.len, 32);
		if (len && strchr("hsx", clean.data[len - 1]))
			many = "es";
		snprintf(q->one, sizeof(q->one), "%.*s%s", (int)len, clean.data, per);
		snprintf(q->noun, sizeof(q->noun), "%.*s%s%s", (int)len, clean.data,
			q->counted ? many : "", per);
	}
	pdiag_text_free(&clean);
	return ret;
}

int pdiag_quantity_init(struct pdiag_quantity *q, const char *unit, bool per_second)
{
	*q = (struct pdiag_quantity){ .factor = 1, .per_second = per_second };
	if (!unit)
		unit = "";
	for (size_t i = 0; i < PDIAG_COUNT(known); i++) {
		if (strcmp(unit, known[i].unit))
			continue;
		q->kind = known[i].kind;
		q->factor = known[i].factor;
		/* Time in a time is a share of it. */
		if (q->kind == PDIAG_QUANTITY_SECONDS && per_second) {
			q->kind = PDIAG_QUANTITY_PERCENT;
			q->factor *= 100;
			q->per_second = false;
		}
		return 0;
	}
	if (*unit)
		return name_unit(q, unit);
	if (per_second)
		snprintf(q->noun, sizeof(q->noun), "/s");
	return 0;
}

bool pdiag_quantity_known(double value)
{
	return isfinite(value) && fabs(value) <= PDIAG_QUANTITY_MAX;
}

void pdiag_quantity_fixed(struct pdiag_text *t, double value, unsigned int decimals)
{
	static const double tens[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
	uint64_t n = (uint64_t)(fabs(value) * tens[decimals] + 0.5);

	while (decimals && n % 10 == 0) {
		n /= 10;
		decimals--;
	}
	if (n && value < 0)
		pdiag_text_char(t, '-');
	pdiag_number_fixed(t, n, decimals);
}

/* In bytes, s or %. The largest values times a large unit would be no numbers any more. */
static double in_units(const struct pdiag_quantity *q, double value)
{
	return fmin(fmax(value * q->factor, -1e305), 1e305);
}

/* The number alone, grouped if it is large, with a sign that is as wide as a digit. */
static void put_number(struct pdiag_text *t, double value, unsigned int decimals)
{
	if (value < 0 && fabs(value) * pow(10, decimals) >= 0.5)
		pdiag_text_str(t, MINUS);
	value = fabs(value);
	if (value >= 999.5 && value < 1e15)
		pdiag_number_grouped(t, (uint64_t)(value + 0.5));
	else
		pdiag_quantity_fixed(t, value, decimals);
}

/* 1.23e30 */
static void put_exponent(struct pdiag_text *t, double value)
{
	int exponent = (int)floor(log10(fabs(value)));
	/* The smallest ones are below all powers of ten that a double holds in full. */
	double digits = exponent < -290 ? value * 1e290 / pow(10, exponent + 290) :
					  value / pow(10, exponent);

	if (fabs(digits) >= 9.995) {
		digits /= 10;
		exponent++;
	}
	put_number(t, digits, 2);
	pdiag_text_printf(t, "e%d", exponent);
}

/* The scale in which a value has at most four digits before the point. */
static const struct scale *find_scale(const struct pdiag_quantity *q, double value)
{
	const struct scale *s = scales[q->kind];
	/* Of plain numbers 1,234 is read more easily than 1.23 k. */
	double many = q->kind == PDIAG_QUANTITY_PLAIN ? 10 : 1;

	while (s[1].symbol && value >= s[1].unit * (s[1].unit > 1 ? many : 1) * 0.9995)
		s++;
	return s;
}

/* The scale without a prefix. */
static const struct scale *whole_unit(const struct pdiag_quantity *q)
{
	const struct scale *s = scales[q->kind];

	while (s->unit < 1)
		s++;
	return s;
}

/* The symbol of a scale and what is behind it. */
static void put_symbol(struct pdiag_text *t, const struct pdiag_quantity *q, const char *symbol)
{
	pdiag_text_str(t, symbol);
	if (q->kind == PDIAG_QUANTITY_BYTES && q->per_second)
		pdiag_text_str(t, "/s");
	else if (q->kind == PDIAG_QUANTITY_PLAIN && !q->counted && *q->noun)
		pdiag_text_printf(t, "%s%s", *symbol || *q->noun == '/' ? "" : " ", q->noun);
}

/* Three digits, and of small numbers what is left of them. */
static unsigned int three_digits(double value)
{
	value = fabs(value);
	return value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : value >= 0.1 ? 3 : 4;
}

void pdiag_quantity_value(struct pdiag_text *t, const struct pdiag_quantity *q, double value)
{
	const struct scale *s;
	double shown;

	if (!pdiag_quantity_known(value)) {
		pdiag_text_char(t, '?');
		return;
	}
	value = in_units(q, value);
	s = find_scale(q, fabs(value));
	shown = value / s->unit;
	if (fabs(shown) >= 999999.5 || (shown != 0 && fabs(shown) < 0.001)) {
		s = whole_unit(q);
		put_exponent(t, value);
	} else {
		put_number(t, shown, three_digits(shown));
	}
	/* Nothing has no size. */
	put_symbol(t, q, value == 0 && q->kind == PDIAG_QUANTITY_SECONDS ? " s" : s->symbol);
}

void pdiag_quantity_words(struct pdiag_text *t, const struct pdiag_quantity *q, double value)
{
	pdiag_quantity_value(t, q, value);
	if (q->counted)
		pdiag_text_printf(t, " %s", value == 1 ? q->one : q->noun);
}

double pdiag_quantity_step(const struct pdiag_quantity *q, double low, double high, int want)
{
	double rough = (in_units(q, high) - in_units(q, low)) / want, ten, digit, step;

	if (!(rough > 1e-290))
		return 1e-290 / q->factor;
	if (q->kind == PDIAG_QUANTITY_BYTES && rough < 0x1p70) {
		step = exp2(ceil(log2(rough) - 0.25));
	} else {
		ten = pow(10, floor(log10(rough)));
		digit = rough / ten;
		step = ten * (digit < 1.5 ? 1 : digit < 3 ? 2 : digit < 7 ? 5 : 10);
	}
	return step / q->factor;
}

void pdiag_quantity_tick(struct pdiag_text *t, const struct pdiag_quantity *q, double value,
	double step, double highest)
{
	const struct scale *s = find_scale(q, fabs(in_units(q, highest)));
	double shown = in_units(q, value) / s->unit, by = in_units(q, step) / s->unit;
	unsigned int decimals = 0;

	if (fabs(value) < step / 2) {
		pdiag_text_char(t, '0');
		return;
	}
	/* With decimals until the step is a whole number. */
	while (decimals < 6 && fabs(by - round(by)) > 0.001 * by) {
		by *= 10;
		decimals++;
	}
	if (fabs(shown) >= 999999.5 || (decimals == 6 && fabs(shown) < 0.001)) {
		s = whole_unit(q);
		put_exponent(t, in_units(q, value));
	} else {
		put_number(t, shown, decimals);
	}
	put_symbol(t, q, s->symbol);
}

void pdiag_quantity_json(struct pdiag_text *t, double value)
{
	uint64_t digits;
	int exponent;

	if (!pdiag_quantity_known(value)) {
		pdiag_text_str(t, "null");
		return;
	}
	if (fabs(value) < 1e-290) {
		pdiag_text_char(t, '0');
		return;
	}
	exponent = (int)floor(log10(fabs(value))) - 5;
	digits = (uint64_t)(exponent < 0 ? fabs(value) * pow(10, -exponent) + 0.5 :
					   fabs(value) / pow(10, exponent) + 0.5);
	while (digits % 10 == 0 && digits) {
		digits /= 10;
		exponent++;
	}
	/* 5e3 is longer than 5000 only by its look. */
	while (exponent > 0 && exponent <= 2) {
		digits *= 10;
		exponent--;
	}
	pdiag_text_printf(t, "%s%llu", value < 0 ? "-" : "", (unsigned long long)digits);
	if (exponent)
		pdiag_text_printf(t, "e%d", exponent);
}
