/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A row for each quantity: now, usually, how far off that is, and how it went. */
#include <math.h>

#include "output/quantity.h"
#include "portrait/proofs.h"
#include "portrait/sheet.h"
#include "trend/chart.h"

#define ROW 21
#define NOW 292	     /* right ends of columns */
#define USUAL 392
#define MIDDLE 474   /* of the deviation's bar */
#define HALF 44
#define OFF 530	     /* its number */
#define SPARK 586
#define SPARK_WIDTH 272
#define SPARK_HEIGHT 15
#define MOST 944
#define FURTHEST 10.0 /* spreads that fill the bar */
#define STRANGE 4.0

/* ---- cells ---- */

static void put_value(struct pdiag_sheet *s, const char *class, uint32_t x, uint32_t quantity,
	double value)
{
	struct pdiag_text *t = &s->text;

	pdiag_text_printf(t, "<text class=\"%s%s\" x=\"%u\" y=\"%u\">", class,
		isfinite(value) ? "" : " unknown", x, s->y);
	pdiag_portrait_value(t, quantity, value);
	pdiag_text_str(t, "</text>");
}

/* Bars go to the left where there is less than usual. */
static void put_deviation(struct pdiag_sheet *s, double deviation)
{
	double wide = fmin(fabs(deviation), FURTHEST) / FURTHEST * HALF;
	bool strange = fabs(deviation) >= STRANGE;
	struct pdiag_text *t = &s->text;

	pdiag_text_printf(t, "<path class=\"axis\" d=\"M%d,%uv14\"/>", MIDDLE, s->y - 11);
	if (wide >= 0.5) {
		pdiag_text_printf(t, "<rect class=\"dev%s\" x=\"", strange ? " strange" : "");
		pdiag_chart_put(t, deviation < 0 ? MIDDLE - wide : MIDDLE);
		pdiag_text_printf(t, "\" y=\"%u\" width=\"", s->y - 8);
		pdiag_chart_put(t, wide);
		pdiag_text_str(t, "\" height=\"8\"/>");
	}
	if (fabs(deviation) < 1)
		return;
	pdiag_text_printf(t, "<text class=\"%s\" x=\"%d\" y=\"%u\">%s", strange ? "odd" : "off",
		OFF, s->y, deviation < 0 ? "\xe2\x88\x92" : "+");
	pdiag_quantity_fixed(t, fmin(fabs(deviation), 999), fabs(deviation) < 9.95 ? 1 : 0);
	pdiag_text_printf(t, "%s</text>", fabs(deviation) > 999 ? " or more" : "");
}

/* ---- sparklines ---- */

struct span {
	double low, high;
	uint32_t known;
};

static struct span span_of(const struct pdiag_spark *spark, uint32_t q)
{
	struct span span = { INFINITY, -INFINITY, 0 };

	for (uint32_t i = 0; i < pdiag_spark_count(spark); i++) {
		double v = pdiag_spark_at(spark, q, i);

		if (!isfinite(v))
			continue;
		span.low = fmin(span.low, v);
		span.high = fmax(span.high, v);
		span.known++;
	}
	return span;
}

static void put_point(struct pdiag_text *t, char how, double x, double y)
{
	pdiag_text_char(t, how);
	pdiag_chart_put(t, x);
	pdiag_text_char(t, ',');
	pdiag_chart_put(t, y);
}

/* The line, and what is below it; what is not known breaks it. */
static void put_line(struct pdiag_sheet *s, const struct pdiag_spark *spark, uint32_t q,
	double low, double high, bool area)
{
	uint32_t count = pdiag_spark_count(spark);
	double wide = count > 1 ? (double)SPARK_WIDTH / (count - 1) : 0;
	double bottom = s->y + 2, x, y, begin = 0, last = 0;
	struct pdiag_text *t = &s->text;
	bool on = false;

	pdiag_text_printf(t, "<path class=\"%s\" d=\"", area ? "area" : "line");
	for (uint32_t i = 0; i <= count; i++) {
		double v = pdiag_spark_at(spark, q, i);

		if (!isfinite(v)) {
			if (on && area) {
				put_point(t, 'L', last, bottom);
				put_point(t, 'L', begin, bottom);
				pdiag_text_char(t, 'Z');
			}
			on = false;
			continue;
		}
		x = SPARK + i * wide;
		y = bottom - (v - low) / (high - low) * SPARK_HEIGHT;
		put_point(t, on ? 'L' : 'M', x, y);
		begin = on ? begin : x;
		last = x;
		on = true;
	}
	/* A single point is a dot. */
	if (!area && count == 1)
		pdiag_text_str(t, "h0");
	pdiag_text_str(t, "\"/>");
}

static void put_spark(struct pdiag_sheet *s, uint32_t q)
{
	const struct pdiag_spark *spark = s->proc->past ? &s->proc->past->spark : NULL;
	double usual = s->portrait->values[q].usual, low, high, y;
	struct pdiag_text *t = &s->text;
	struct span span;

	if (!spark || q >= PDIAG_PORTRAIT_LINES)
		return;
	span = span_of(spark, q);
	if (!span.known)
		return;
	/* From nothing on, but for what hardly changes and is far from it. */
	low = fmin(span.low, 0);
	if (q == PDIAG_QUANTITY_RESIDENT && span.low > span.high / 2)
		low = fmax(span.low - (span.high - span.low) - span.high / 50, 0);
	high = fmax(span.high, low + pdiag_quantity_floor(q));
	pdiag_text_str(t, "<g class=\"spark\">");
	put_line(s, spark, q, low, high, true);
	y = s->y + 2 - (usual - low) / (high - low) * SPARK_HEIGHT;
	if (isfinite(usual) && usual >= low && usual <= high) {
		pdiag_text_printf(t, "<path class=\"mean\" d=\"M%d,", SPARK);
		pdiag_chart_put(t, y);
		pdiag_text_printf(t, "h%d\"/>", SPARK_WIDTH);
	}
	put_line(s, spark, q, low, high, false);
	pdiag_text_str(t, "</g>");
	put_value(s, "most", MOST, q, fmax(span.high, s->portrait->values[q].now));
}

/* ---- rows ---- */

static void put_row(struct pdiag_sheet *s, uint32_t q)
{
	const struct pdiag_portrait_value *v = &s->portrait->values[q];
	struct pdiag_text *t = &s->text;
	bool strange = fabs(v->deviation) >= STRANGE;

	pdiag_text_printf(t, "<g class=\"row\" id=\"%s\"><path class=\"rule\" d=\"M%d,%uh%d\"/>",
		pdiag_quantity_text(q), PDIAG_SHEET_MARGIN, s->y + 6, PDIAG_SHEET_ROOM);
	pdiag_text_printf(t, "<text class=\"%s\" x=\"%d\" y=\"%u\">%s</text>",
		strange ? "odd" : "name", PDIAG_SHEET_MARGIN, s->y, pdiag_portrait_word(q));
	put_value(s, "now", NOW, q, v->now);
	put_value(s, "usual", USUAL, q, v->usual);
	if (isfinite(v->now))
		put_deviation(s, v->deviation);
	put_spark(s, q);
	pdiag_text_str(t, "</g>\n");
	s->y += ROW;
}

static void put_heads(struct pdiag_sheet *s)
{
	const struct pdiag_spark *spark = s->proc->past ? &s->proc->past->spark : NULL;
	struct pdiag_text *t = &s->text;

	pdiag_text_printf(t, "<text class=\"head right\" x=\"%d\" y=\"%u\">now</text>"
		"<text class=\"head right\" x=\"%d\" y=\"%u\">usual</text>"
		"<text class=\"head\" x=\"%d\" y=\"%u\">off by</text>", NOW, s->y, USUAL, s->y,
		MIDDLE - HALF, s->y);
	if (spark && pdiag_spark_count(spark)) {
		pdiag_text_printf(t, "<text class=\"head\" x=\"%d\" y=\"%u\">the last ", SPARK,
			s->y);
		pdiag_sheet_span(t, (uint64_t)(((double)spark->step * spark->count +
			(double)spark->seconds) * 1e9));
		pdiag_text_printf(t, "</text><text class=\"head right\" x=\"%d\" y=\"%u\">most"
			"</text>", MOST, s->y);
	}
	pdiag_text_printf(t, "<path class=\"axis\" d=\"M%d,%uh%d\"/>\n", PDIAG_SHEET_MARGIN,
		s->y + 6, PDIAG_SHEET_ROOM);
	s->y += ROW;
}

void pdiag_sheet_table(struct pdiag_sheet *s)
{
	const struct pdiag_proof *proof = pdiag_proofs_of(s->portraits, s->proc);
	bool waits = proof && s->portraits->proofs->waits;

	s->y += 6;
	put_heads(s);
	for (uint32_t q = 0; q < (waits ? PDIAG_QUANTITY_COUNT : PDIAG_QUANTITY_OFF_FUTEX); q++)
		put_row(s, q);
	if (!waits) {
		pdiag_sheet_line(s, "note", PDIAG_SHEET_MARGIN, s->y, "What it waits for off the "
			"CPU is not known: no profile with off-CPU samples of it was added.",
			PDIAG_SHEET_ROOM);
		s->y += ROW;
	}
	s->y += 8;
}
