/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The report of an event: one HTML page. Pictures stand in it as inline SVG, each with its script,
 * which finds its own picture; a Content-Security-Policy allows these scripts and styles, by their
 * hashes, and nothing else. Any part may be missing.
 */
#ifndef PDIAG_REPORT_REPORT_H
#define PDIAG_REPORT_REPORT_H

#include "event/event.h"
#include "output/out.h"
#include "output/quantity.h"

#define PDIAG_REPORT_WIDTH 1200

struct pdiag_report {
	struct pdiag_event *event;
	struct pdiag_event_info info;
	struct pdiag_report_options options; /* defaults filled in */
	const struct pdiag_event_metric *metric; /* the most surprising; NULL: not among them */
	struct pdiag_quantity quantity;		 /* of it */
	struct pdiag_out *out;
};

/* Sections, in the order of the page. 0 or the first error. */
int pdiag_report_write_head(struct pdiag_report *r);
int pdiag_report_write_what(struct pdiag_report *r);
int pdiag_report_write_when(struct pdiag_report *r);
int pdiag_report_write_trend(struct pdiag_report *r);
int pdiag_report_write_metrics(struct pdiag_report *r);
int pdiag_report_write_culprits(struct pdiag_report *r);
int pdiag_report_write_graphs(struct pdiag_report *r);
int pdiag_report_write_tasks(struct pdiag_report *r);
int pdiag_report_write_evidence(struct pdiag_report *r);

/* Text of any origin, made safe for HTML; at most 4,096 bytes of it. */
void pdiag_report_put(struct pdiag_text *t, const char *text);
/* "2026-03-01 12:34:56.789" of a moment of the event; "" if the wall clock is not known. */
void pdiag_report_put_local(const struct pdiag_report *r, struct pdiag_text *t, uint64_t time_ns);
/* "86,412.345 s", by the monotonic clock. */
void pdiag_report_put_boot(struct pdiag_text *t, uint64_t time_ns);
/* "2.10 s", "3 min 20 s" */
void pdiag_report_put_span(struct pdiag_text *t, uint64_t ns);
/* "1 to 6 threads": what would have been ordinary; false, and nothing: not known. */
bool pdiag_report_put_range(struct pdiag_text *t, const struct pdiag_quantity *q, double low,
	double high);
/* The words of a unit for a metric of the event. 0 or -ENOMEM. */
int pdiag_report_quantity(struct pdiag_quantity *q, const struct pdiag_event_metric *metric);
/* Frames, leaf first, as a list. */
void pdiag_report_put_frames(struct pdiag_text *t, const struct pdiag_symbol *const *frames,
	uint32_t depth);

/* A sink that puts an SVG into the page. */
struct pdiag_report_inline {
	struct pdiag_out *out;
	bool begun; /* past the line that HTML does not have */
};
struct pdiag_sink pdiag_report_inline_sink(struct pdiag_report_inline *in, struct pdiag_report *r);

extern const char pdiag_report_css[];
extern const unsigned int pdiag_report_css_len;
extern const unsigned char pdiag_report_css_sha256[32], pdiag_flamegraph_css_sha256[32],
	pdiag_trend_css_sha256[32], pdiag_flamegraph_js_sha256[32], pdiag_trend_js_sha256[32];

#endif
