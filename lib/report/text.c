/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts, times and values as they stand in the page. */
#include <math.h>
#include <string.h>

#include "output/number.h"
#include "output/sanitize.h"
#include "report/report.h"
#include "trend/chart.h"
#include "util/clock.h"

#define TEXT_BYTES 4096
/* Nobody reads more frames; those next to the leaf say most. */
#define FRAMES 128
#define REALTIME_MAX (4100000000ull * PDIAG_SECOND_NS)

void pdiag_report_put(struct pdiag_text *t, const char *text)
{
	struct pdiag_text clean = { 0 };
	size_t len;

	if (!*text)
		return;
	pdiag_sanitize_name(&clean, text, strlen(text));
	if (!clean.error) {
		len = pdiag_sanitize_cut(clean.data, clean.len, TEXT_BYTES);
		pdiag_sanitize_xml(t, clean.data, len);
		if (len < clean.len)
			pdiag_text_str(t, "\xe2\x80\xa6");
	}
	t->error = t->error ? t->error : clean.error;
	pdiag_text_free(&clean);
}

/* As the event has it, by the clock as it stood then; else as it would have gone on from the
 * onset. */
static uint64_t realtime_of(const struct pdiag_event_info *i, uint64_t time_ns)
{
	if (time_ns == i->end_ns && i->end_realtime_ns)
		return i->end_realtime_ns;
	if (time_ns == i->peak_ns && i->peak_realtime_ns)
		return i->peak_realtime_ns;
	if (time_ns == i->detected_ns && i->detected_realtime_ns)
		return i->detected_realtime_ns;
	return i->onset_realtime_ns + (time_ns - i->onset_ns);
}

void pdiag_report_put_local(const struct pdiag_report *r, struct pdiag_text *t, uint64_t time_ns)
{
	const struct pdiag_event_info *info = &r->info;
	uint64_t realtime = realtime_of(info, time_ns);
	int64_t local;

	if (!info->onset_realtime_ns || realtime > REALTIME_MAX)
		return;
	local = (int64_t)realtime + (int64_t)info->zone_s * (int64_t)PDIAG_SECOND_NS;
	pdiag_chart_put_date(t, local);
	pdiag_text_char(t, ' ');
	pdiag_chart_put_clock(t, local, 3);
}

void pdiag_report_put_boot(struct pdiag_text *t, uint64_t time_ns)
{
	pdiag_number_grouped(t, time_ns / PDIAG_SECOND_NS);
	pdiag_text_printf(t, ".%03u s",
		(unsigned int)(time_ns % PDIAG_SECOND_NS / 1000000));
}

void pdiag_report_put_span(struct pdiag_text *t, uint64_t ns)
{
	uint64_t s = (ns + PDIAG_SECOND_NS / 2) / PDIAG_SECOND_NS;

	if (s < 120)
		pdiag_number_span(t, ns);
	else if (s < 7200)
		pdiag_text_printf(t, "%llu min %llu s", (unsigned long long)s / 60,
			(unsigned long long)s % 60);
	else
		pdiag_text_printf(t, "%llu h %llu min", (unsigned long long)s / 3600,
			(unsigned long long)s / 60 % 60);
}

bool pdiag_report_put_range(struct pdiag_text *t, const struct pdiag_quantity *q, double low,
	double high)
{
	bool from = pdiag_quantity_known(low), to = pdiag_quantity_known(high);

	if (from && to && low < high) {
		pdiag_quantity_value(t, q, low);
		pdiag_text_str(t, " to ");
		pdiag_quantity_words(t, q, high);
	} else if (from && to) {
		pdiag_quantity_words(t, q, low);
	} else if (from || to) {
		pdiag_text_str(t, from ? "at least " : "at most ");
		pdiag_quantity_words(t, q, from ? low : high);
	}
	return from || to;
}

int pdiag_report_quantity(struct pdiag_quantity *q, const struct pdiag_event_metric *metric)
{
	return pdiag_quantity_init(q, metric->unit, metric->kind == PDIAG_METRIC_COUNTER);
}

static const char *frame_class(const struct pdiag_symbol *symbol)
{
	switch (symbol->kind) {
	case PDIAG_FRAME_KERNEL:
		return "k";
	case PDIAG_FRAME_UNRESOLVED:
		return "x";
	case PDIAG_FRAME_MARK:
		return "m";
	default:
		return "u";
	}
}

void pdiag_report_put_frames(struct pdiag_text *t, const struct pdiag_symbol *const *frames,
	uint32_t depth)
{
	pdiag_text_str(t, "<ol class=\"frames\">\n");
	for (uint32_t i = 0; i < depth && i < FRAMES; i++) {
		pdiag_text_printf(t, "<li class=\"%s\"><code>", frame_class(frames[i]));
		pdiag_report_put(t, frames[i]->name);
		pdiag_text_str(t, "</code>");
		if (frames[i]->module && *frames[i]->module) {
			pdiag_text_str(t, " <span class=\"module\">");
			pdiag_report_put(t, frames[i]->module);
			pdiag_text_str(t, "</span>");
		}
		if (frames[i]->reason) {
			pdiag_text_str(t, " <span class=\"module\">no name: ");
			pdiag_report_put(t, pdiag_reason_text(frames[i]->reason));
			pdiag_text_str(t, "</span>");
		}
		pdiag_text_str(t, "</li>\n");
	}
	pdiag_text_str(t, "</ol>\n");
	if (depth > FRAMES)
		pdiag_text_printf(t, "<p class=\"note\">%u more frames further out</p>\n",
			depth - FRAMES);
}

static int write_inline(void *user, const void *data, size_t len)
{
	struct pdiag_report_inline *in = user;
	const char *text = data, *line;

	if (!in->begun) {
		line = memchr(text, '\n', len);
		if (!line)
			return 0;
		len -= (size_t)(line + 1 - text);
		text = line + 1;
		in->begun = true;
	}
	pdiag_text_add(&in->out->text, text, len);
	return pdiag_out_room(in->out);
}

struct pdiag_sink pdiag_report_inline_sink(struct pdiag_report_inline *in, struct pdiag_report *r)
{
	*in = (struct pdiag_report_inline){ .out = r->out };
	return (struct pdiag_sink){ .size = sizeof(struct pdiag_sink), .write = write_inline,
		.user = in };
}
