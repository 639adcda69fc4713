/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events: a lane of their own on top, and their marks in every panel. */
#include "output/number.h"
#include "trend/chart.h"
#include "util/array.h"

#define MARKS_MOST 200
/* With this many events or fewer all their moments are marked. */
#define MARKED_WHOLE 24
#define BAR 7
#define TEXT_SIZE 12.0

static uint32_t severity_of(const struct pdiag_trend_mark *m)
{
	return m->severity > PDIAG_SEVERITY_CRITICAL ? PDIAG_SEVERITY_CRITICAL :
		m->severity < PDIAG_SEVERITY_NOTICE ? PDIAG_SEVERITY_NOTICE : m->severity;
}

static const char *severity_class(const struct pdiag_trend_mark *m)
{
	return pdiag_severity_text(severity_of(m));
}

size_t pdiag_chart_marks(const struct pdiag_chart *c)
{
	return c->trend->mark_count > MARKS_MOST ? MARKS_MOST : c->trend->mark_count;
}

static bool seen(const struct pdiag_chart *c, const struct pdiag_trend_mark *m)
{
	return m->onset_ns <= c->to_ns && m->last_ns >= c->from_ns;
}

/* Of one that goes on nobody knows the end. */
static double end_x(const struct pdiag_chart *c, const struct pdiag_trend_mark *m)
{
	double from = pdiag_chart_x(c, m->onset_ns);
	double to = pdiag_chart_x(c, m->last_ns);

	return to > from + 2 ? to : from + 2;
}

/* A rectangle of a path, from the onset to the end. */
static void put_span(const struct pdiag_chart *c, const struct pdiag_trend_mark *m, uint32_t top,
	uint32_t height, struct pdiag_text *t)
{
	double x = pdiag_chart_x(c, m->onset_ns);

	pdiag_text_char(t, 'M');
	pdiag_chart_put(t, x);
	pdiag_text_printf(t, ",%uh", top);
	pdiag_chart_put(t, end_x(c, m) - x);
	pdiag_text_printf(t, "v%uh", height);
	pdiag_chart_put(t, x - end_x(c, m));
	pdiag_text_char(t, 'z');
}

static void put_after(struct pdiag_text *t, const char *what, uint64_t time_ns, uint64_t onset_ns)
{
	if (!time_ns)
		return;
	pdiag_text_str(t, what);
	pdiag_text_str(t, time_ns < onset_ns ? " \xe2\x88\x92" : " +");
	pdiag_number_span(t, time_ns < onset_ns ? onset_ns - time_ns : time_ns - onset_ns);
}

static void put_moment(const struct pdiag_chart *c, struct pdiag_text *t, uint64_t time_ns)
{
	const struct pdiag_chart_era *e;
	int64_t local;

	e = pdiag_chart_local(c, time_ns, &local);
	if (e) {
		pdiag_chart_put_date(t, local);
		pdiag_text_char(t, ' ');
		pdiag_chart_put_clock(t, local, 3);
		pdiag_text_char(t, ' ');
		pdiag_chart_put_zone(t, e->zone_s);
		pdiag_text_str(t, ", ");
	}
	pdiag_number_fixed(t, time_ns / 1000000, 3);
	pdiag_text_str(t, " s since boot");
}

/* All that is known of it, for those who rest the pointer on it. */
static void put_story(const struct pdiag_chart *c, const struct pdiag_trend_mark *m,
	struct pdiag_text *t)
{
	pdiag_text_str(t, "<title>");
	pdiag_chart_put_text(t, m->sentence, 4000, TEXT_SIZE);
	pdiag_text_str(t, "\nonset ");
	put_moment(c, t, m->onset_ns);
	put_after(t, "\ndetected", m->detected_ns, m->onset_ns);
	put_after(t, "\npeak", m->peak_ns, m->onset_ns);
	if (m->ended)
		put_after(t, "\nend", m->last_ns, m->onset_ns);
	else
		pdiag_text_str(t, "\nno end is known");
	pdiag_text_str(t, "</title>");
}

/* Where the next event begins that is not left of this one. */
static double next_x(const struct pdiag_chart *c, size_t mark)
{
	double x = pdiag_chart_x(c, c->trend->marks[mark].onset_ns);
	double next = PDIAG_CHART_LEFT + c->plot_width + PDIAG_CHART_MARGIN;

	for (size_t i = 0; i < pdiag_chart_marks(c); i++) {
		double other = pdiag_chart_x(c, c->trend->marks[i].onset_ns);

		if (i != mark && seen(c, &c->trend->marks[i]) && other >= x && other - 6 < next)
			next = other - 6;
	}
	return next;
}

/* Where text left of it may begin. */
static double last_x(const struct pdiag_chart *c, size_t mark)
{
	double x = pdiag_chart_x(c, c->trend->marks[mark].onset_ns), last = PDIAG_CHART_MARGIN;

	for (size_t i = 0; i < pdiag_chart_marks(c); i++) {
		const struct pdiag_trend_mark *m = &c->trend->marks[i];

		/* The other's own text stands to its right. */
		if (i != mark && seen(c, m) && pdiag_chart_x(c, m->onset_ns) <= x)
			last = x;
	}
	return last;
}

static void put_label(const struct pdiag_chart *c, size_t mark, struct pdiag_text *t)
{
	const struct pdiag_trend_mark *m = &c->trend->marks[mark];
	double x = pdiag_chart_x(c, m->onset_ns), right = next_x(c, mark) - x;
	double left = end_x(c, m) - last_x(c, mark);
	bool leftwards = right < 240 && left > right;

	if (!leftwards && right < 40)
		return;
	pdiag_text_printf(t, "<text class=\"label%s\" x=\"", leftwards ? " late" : "");
	pdiag_chart_put(t, leftwards ? end_x(c, m) : x);
	pdiag_text_printf(t, "\" y=\"%u\">", c->lane + 11);
	pdiag_text_printf(t, "<tspan class=\"%s\">%s</tspan> ", severity_class(m),
		severity_class(m));
	pdiag_chart_put_text(t, m->sentence, (leftwards ? left : right) - 62, TEXT_SIZE);
	pdiag_text_str(t, "</text>\n");
}

void pdiag_chart_write_lane(const struct pdiag_chart *c, struct pdiag_text *t)
{
	pdiag_text_str(t, "<g class=\"events\">\n");
	for (size_t i = 0; i < pdiag_chart_marks(c); i++) {
		const struct pdiag_trend_mark *m = &c->trend->marks[i];

		if (!seen(c, m))
			continue;
		put_label(c, i, t);
		pdiag_text_printf(t, "<path class=\"fill %s\" d=\"", severity_class(m));
		put_span(c, m, c->lane + 17, BAR, t);
		pdiag_text_str(t, "\">");
		put_story(c, m, t);
		pdiag_text_str(t, "</path>\n");
	}
	pdiag_text_str(t, "</g>\n");
}

/* All of one severity are one path, so that many of them take little room. */
static void shade(const struct pdiag_chart *c, uint32_t severity, uint32_t top,
	struct pdiag_text *t)
{
	const char *class = NULL;

	for (size_t i = 0; i < pdiag_chart_marks(c); i++) {
		const struct pdiag_trend_mark *m = &c->trend->marks[i];

		if (!seen(c, m) || severity_of(m) != severity)
			continue;
		if (!class)
			pdiag_text_printf(t, "<path class=\"shade fill %s\" d=\"",
				severity_class(m));
		class = severity_class(m);
		put_span(c, m, top, c->plot_height, t);
	}
	if (class)
		pdiag_text_str(t, "\"/>\n");
}

void pdiag_chart_write_shades(const struct pdiag_chart *c, uint32_t top, struct pdiag_text *t)
{
	for (uint32_t i = PDIAG_SEVERITY_NOTICE; i <= PDIAG_SEVERITY_CRITICAL; i++)
		shade(c, i, top, t);
}

enum moment { ONSET, FOUND, PEAK, END };

static uint64_t moment_of(const struct pdiag_trend_mark *m, enum moment moment)
{
	switch (moment) {
	case ONSET:
		return m->onset_ns;
	case FOUND:
		return m->detected_ns;
	case PEAK:
		return m->peak_ns;
	default:
		return m->ended ? m->last_ns : 0;
	}
}

void pdiag_chart_write_marks(const struct pdiag_chart *c, uint32_t top, struct pdiag_text *t)
{
	static const char *const classes[] = { "onset", "found", "peak", "end" };
	/* Of many events only the shade and the onset can be told apart. */
	enum moment last = c->trend->mark_count > MARKED_WHOLE ? ONSET : END;

	for (enum moment k = ONSET; k <= last && c->trend->mark_count; k++) {
		pdiag_text_printf(t, "<path class=\"mark %s\" d=\"", classes[k]);
		for (size_t i = 0; i < pdiag_chart_marks(c); i++) {
			const struct pdiag_trend_mark *m = &c->trend->marks[i];
			uint64_t at = moment_of(m, k);

			if (!seen(c, m) || !at || at < c->from_ns || at > c->to_ns)
				continue;
			pdiag_text_char(t, 'M');
			pdiag_chart_put(t, pdiag_chart_x(c, at));
			pdiag_text_printf(t, ",%uv%u", top, c->plot_height);
		}
		pdiag_text_str(t, "\"/>\n");
	}
}
