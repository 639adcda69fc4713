/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A trend chart being drawn. Time runs along x by the monotonic clock, so that a wall clock that is
 * set breaks no line; the wall clock is only a scale below.
 *
 *	title, range
 *	lane of events
 *	panel: its name and legend, then the plot; one below the other
 *	scale of the wall clock, scale of the monotonic clock
 *	footer
 */
#ifndef PDIAG_TREND_CHART_H
#define PDIAG_TREND_CHART_H

#include "output/out.h"
#include "output/quantity.h"
#include "trend/trend.h"

#define PDIAG_CHART_MARGIN 16
#define PDIAG_CHART_LEFT 86
#define PDIAG_CHART_ROW 18    /* of a legend */
#define PDIAG_CHART_COLOURS 7

/* What is drawn of a series at one place: a point, or all that fall on one column of pixels. */
struct pdiag_chart_dot {
	double at;    /* ns since the chart's begin */
	double value; /* their mean */
	double low, high;
	bool gap;     /* no line leads to it */
};

struct pdiag_chart_line {
	const struct pdiag_trend_line *line;
	const char *label; /* what sets it apart from the others of its panel */
	struct pdiag_chart_dot *dots;
	size_t count;
	bool band;    /* low and high are to be seen */
	bool thinned; /* there were more points than dots */
	double last, mean, max; /* NaN: not known */
};

struct pdiag_chart_panel {
	const char *title;
	size_t first, count; /* among the lines */
	struct pdiag_quantity quantity;
	double low, high, step; /* of its axis */
	uint32_t head, top; /* pixels: its header and its plot */
};

/* The wall clock while nobody set it. */
struct pdiag_chart_era {
	uint64_t from_ns, to_ns; /* monotonic, first and last that is known */
	int64_t wall_from_ns, wall_to_ns; /* local time then, since 1970 */
	int64_t jump_ns; /* by how much UTC is ahead of what the era before says */
	int32_t zone_s;
};

struct pdiag_chart {
	const struct pdiag_trend *trend;
	struct pdiag_out *out;
	struct pdiag_chart_line *lines;
	size_t line_count;
	struct pdiag_chart_panel *panels;
	size_t panel_count;
	struct pdiag_chart_era *eras;
	size_t era_count, era_cap;
	uint64_t from_ns, to_ns; /* from < to */
	uint32_t plot_width, plot_height;
	uint32_t lane, bottom, height; /* y of the events, of the end of the last plot; all */
	uint32_t marks_left_out;
	bool thinned;
};

/* Series into panels, with what is drawn of them and the scales of their axes. 0 or -ENOMEM. */
int pdiag_chart_build(struct pdiag_chart *c);
/* The dots of a series: its points if they are `most` or fewer, else those of `columns`. */
void pdiag_chart_thin(const struct pdiag_chart *c, struct pdiag_chart_line *line, size_t most,
	size_t columns);
/* Find the eras of the wall clock. 0 or -ENOMEM. */
int pdiag_chart_find_eras(struct pdiag_chart *c);
/* Local time at a moment; the era, or NULL if nothing is known of it. */
const struct pdiag_chart_era *pdiag_chart_local(
	const struct pdiag_chart *c, uint64_t time_ns, int64_t *local_ns);

/* Parts of the picture. */
void pdiag_chart_write_lane(const struct pdiag_chart *c, struct pdiag_text *t);
/* Behind (shades) and before (marks) the lines of a panel. */
void pdiag_chart_write_shades(const struct pdiag_chart *c, uint32_t top, struct pdiag_text *t);
void pdiag_chart_write_marks(const struct pdiag_chart *c, uint32_t top, struct pdiag_text *t);
int pdiag_chart_write_panel(
	const struct pdiag_chart *c, const struct pdiag_chart_panel *p, struct pdiag_out *out);
/* Returns where its header ends. */
uint32_t pdiag_chart_write_header(
	const struct pdiag_chart *c, const struct pdiag_chart_panel *p, struct pdiag_text *t);
void pdiag_chart_write_grid(const struct pdiag_chart *c, struct pdiag_text *t);
void pdiag_chart_write_clocks(const struct pdiag_chart *c, struct pdiag_text *t);
int pdiag_chart_write_data(const struct pdiag_chart *c, struct pdiag_out *out);

/* Marks that are drawn. */
size_t pdiag_chart_marks(const struct pdiag_chart *c);
/* x of a moment, kept within the plot. */
double pdiag_chart_x(const struct pdiag_chart *c, uint64_t time_ns);
/* A coordinate, by tenths of a pixel. */
void pdiag_chart_put(struct pdiag_text *t, double pixels);
/* Text of any origin as XML, cut to so many pixels of letters `size` px high. Returns its width. */
double pdiag_chart_put_text(struct pdiag_text *t, const char *text, double room, double size);
/* "2026-03-01", and "12:34:56" with so many decimals, of a local time. */
void pdiag_chart_put_date(struct pdiag_text *t, int64_t local_ns);
void pdiag_chart_put_clock(struct pdiag_text *t, int64_t local_ns, unsigned int decimals);
/* "UTC", "UTC+05:30" */
void pdiag_chart_put_zone(struct pdiag_text *t, int32_t zone_s);

extern const char pdiag_trend_js[], pdiag_trend_css[];
extern const unsigned int pdiag_trend_js_len, pdiag_trend_css_len;

#endif
