/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where its time goes, and its heaviest stack. */
#include <math.h>
#include <string.h>

#include "portrait/sheet.h"
#include "trend/chart.h"
#include "util/array.h"

#define BAR 16
#define FRAMES 24u /* that are shown of a stack */
#define FRAME_ROW 16
#define LEAST 0.001 /* s/s; less is not seen */

/* ---- time ---- */

struct part {
	const char *name;
	double seconds; /* a second */
};

static double known(const struct pdiag_sheet *s, uint32_t q)
{
	double v = s->portrait->values[q].now;

	return isfinite(v) && v > 0 ? v : 0;
}

/* What the kernel counts and what a profile says of storage is the same time. */
static size_t find_parts(const struct pdiag_sheet *s, struct part *parts)
{
	const struct part all[] = {
		{ "on a CPU, in user space", known(s, PDIAG_QUANTITY_CPU_USER) },
		{ "in the kernel", known(s, PDIAG_QUANTITY_CPU_SYSTEM) },
		{ "its ended children", known(s, PDIAG_QUANTITY_CHILDREN_CPU) },
		{ "waits for a CPU", known(s, PDIAG_QUANTITY_RUN_DELAY) },
		{ "storage", fmax(known(s, PDIAG_QUANTITY_OFF_IO),
			known(s, PDIAG_QUANTITY_BLOCKED_IO)) },
		{ "network", known(s, PDIAG_QUANTITY_OFF_NETWORK) },
		{ "futexes and locks", known(s, PDIAG_QUANTITY_OFF_FUTEX) +
			known(s, PDIAG_QUANTITY_OFF_LOCK) },
		{ "waits otherwise", known(s, PDIAG_QUANTITY_OFF_OTHER) },
	};

	memcpy(parts, all, sizeof(all));
	return PDIAG_COUNT(all);
}

static void put_bar(struct pdiag_sheet *s, const struct part *parts, size_t n, double sum)
{
	struct pdiag_text *t = &s->text;
	double x = PDIAG_SHEET_MARGIN, wide;

	for (size_t i = 0; i < n; i++) {
		if (parts[i].seconds < LEAST)
			continue;
		wide = parts[i].seconds / sum * PDIAG_SHEET_ROOM;
		pdiag_text_printf(t, "<rect class=\"t%zu\" x=\"", i);
		pdiag_chart_put(t, x);
		pdiag_text_printf(t, "\" y=\"%u\" width=\"", s->y);
		pdiag_chart_put(t, wide);
		pdiag_text_printf(t, "\" height=\"%d\"><title>%s ", BAR, parts[i].name);
		pdiag_portrait_value(t, PDIAG_QUANTITY_CPU_USER, parts[i].seconds);
		pdiag_text_str(t, "</title></rect>\n");
		x += wide;
	}
	s->y += BAR + 16;
}

static void put_legend(struct pdiag_sheet *s, const struct part *parts, size_t n)
{
	struct pdiag_text *t = &s->text;
	uint32_t x = PDIAG_SHEET_MARGIN, wide;

	for (size_t i = 0; i < n; i++) {
		if (parts[i].seconds < LEAST)
			continue;
		wide = 80 + 7 * (uint32_t)strlen(parts[i].name);
		if (x + wide > PDIAG_SHEET_WIDTH - PDIAG_SHEET_MARGIN && x > PDIAG_SHEET_MARGIN) {
			x = PDIAG_SHEET_MARGIN;
			s->y += 18;
		}
		pdiag_text_printf(t, "<rect class=\"t%zu\" x=\"%u\" y=\"%u\" width=\"12\" "
			"height=\"10\"/><text x=\"%u\" y=\"%u\">%s <tspan class=\"figure\">", i, x,
			s->y - 9, x + 17, s->y, parts[i].name);
		pdiag_portrait_value(t, PDIAG_QUANTITY_CPU_USER, parts[i].seconds);
		pdiag_text_str(t, "</tspan></text>\n");
		x += wide;
	}
	s->y += 18;
}

void pdiag_sheet_times(struct pdiag_sheet *s)
{
	struct part parts[8];
	size_t n = find_parts(s, parts);
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += parts[i].seconds < LEAST ? 0 : parts[i].seconds;
	if (!(sum > 0))
		return;
	pdiag_sheet_line(s, "part", PDIAG_SHEET_MARGIN, s->y, "Where its time goes",
		PDIAG_SHEET_ROOM);
	s->y += 9;
	put_bar(s, parts, n, sum);
	put_legend(s, parts, n);
	s->y += 8;
}

/* ---- the stack ---- */

static const char *kind_of(const struct pdiag_symbol *symbol)
{
	switch (symbol->kind) {
	case PDIAG_FRAME_KERNEL:
		return "kernel";
	case PDIAG_FRAME_USER:
	case PDIAG_FRAME_JIT:
	case PDIAG_FRAME_VDSO:
	case PDIAG_FRAME_INLINED:
		return "user";
	default:
		return "other";
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void put_frame(struct pdiag_sheet *s, const struct pdiag_symbol *symbol)
{
	struct pdiag_text *t = &s->text;

	pdiag_text_printf(t, "<rect class=\"%s\" x=\"%d\" y=\"%u\" width=\"4\" height=\"12\"/>",
		kind_of(symbol), PDIAG_SHEET_MARGIN, s->y - 10);
	pdiag_text_printf(t, "<text class=\"code\" x=\"%d\" y=\"%u\">", PDIAG_SHEET_MARGIN + 10,
		s->y);
	pdiag_chart_put_text(t, symbol->name, PDIAG_SHEET_ROOM * 0.6, 12);
	if (symbol->module && *symbol->module) {
		pdiag_text_str(t, " <tspan class=\"module\" dx=\"6\">");
		pdiag_chart_put_text(t, base_name(symbol->module), PDIAG_SHEET_ROOM * 0.25, 12);
		pdiag_text_str(t, "</tspan>");
	}
	pdiag_text_str(t, "</text>\n");
	s->y += FRAME_ROW;
}

void pdiag_sheet_stack(struct pdiag_sheet *s)
{
	const struct pdiag_portrait *of = s->portrait;
	uint32_t depth = of->top_depth;

	if (!depth)
		return;
	s->y += 10;
	pdiag_sheet_line(s, "part", PDIAG_SHEET_MARGIN, s->y, "Its heaviest stack, from where it "
		"is on outwards", PDIAG_SHEET_ROOM);
	s->y += FRAME_ROW + 4;
	for (uint32_t i = 0; i < depth && i < FRAMES; i++)
		put_frame(s, of->top[i]);
	if (depth > FRAMES) {
		pdiag_text_printf(&s->text, "<text class=\"note\" x=\"%d\" y=\"%u\">and %u more"
			"</text>\n", PDIAG_SHEET_MARGIN + 10, s->y, depth - FRAMES);
		s->y += FRAME_ROW;
	}
	s->y += 8;
}
