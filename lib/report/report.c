/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page as a whole. */
#include "report/report.h"

#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "util/array.h"

#define WIDTH_MIN 480
#define WIDTH_MAX 20000

_Static_assert(sizeof(struct pdiag_report_options) == sizeof(size_t) + sizeof(void *) + 2 * 4,
	"no holes in struct pdiag_report_options");

static int check_options(struct pdiag_report_options *o)
{
	if (o->reserved)
		return pdiag_fail(EINVAL, "pdiag_report_options: reserved must be 0");
	if (o->width && (o->width < WIDTH_MIN || o->width > WIDTH_MAX))
		return pdiag_fail(EINVAL, "pdiag_report_options: width is %u pixels; it may be %d "
			"to %d, or 0 for %d", o->width, WIDTH_MIN, WIDTH_MAX, PDIAG_REPORT_WIDTH);
	o->width = o->width ? o->width : PDIAG_REPORT_WIDTH;
	return 0;
}

/* The metric that the event is named by, and how its values are written. */
static int find_metric(struct pdiag_report *r)
{
	const struct pdiag_event_metric *m;

	for (uint32_t i = 0; (m = pdiag_event_metric(r->event, i, NULL)); i++) {
		if (strcmp(m->name, r->info.metric))
			continue;
		r->metric = m;
		return pdiag_report_quantity(&r->quantity, m);
	}
	return pdiag_quantity_init(&r->quantity, r->info.unit, false);
}

static void base64(struct pdiag_text *t, const unsigned char hash[32])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t three;

	for (int i = 0; i < 33; i += 3) {
		three = (uint32_t)hash[i] << 16 | (uint32_t)hash[i + 1] << 8 |
			(i + 2 < 32 ? hash[i + 2] : 0u);
		pdiag_text_char(t, digits[three >> 18]);
		pdiag_text_char(t, digits[three >> 12 & 63]);
		pdiag_text_char(t, digits[three >> 6 & 63]);
		pdiag_text_char(t, i + 2 < 32 ? digits[three & 63] : '=');
	}
}

static void allow(struct pdiag_text *t, const unsigned char hash[32])
{
	pdiag_text_str(t, " 'sha256-");
	base64(t, hash);
	pdiag_text_char(t, '\'');
}

/* Whatever name found its way into the page: it can run nothing and fetch nothing. */
static void put_policy(struct pdiag_text *t)
{
	pdiag_text_str(t, "<meta http-equiv=\"Content-Security-Policy\" content=\""
		"default-src 'none'; base-uri 'none'; form-action 'none'; script-src");
	allow(t, pdiag_flamegraph_js_sha256);
	allow(t, pdiag_trend_js_sha256);
	pdiag_text_str(t, "; style-src");
	allow(t, pdiag_report_css_sha256);
	allow(t, pdiag_flamegraph_css_sha256);
	allow(t, pdiag_trend_css_sha256);
	pdiag_text_str(t, "\">\n");
}

int pdiag_report_write_head(struct pdiag_report *r)
{
	struct pdiag_text *t = &r->out->text;

	pdiag_text_str(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		"<meta charset=\"utf-8\">\n");
	put_policy(t);
	pdiag_text_str(t, "<meta name=\"viewport\" content=\"width=device-width\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	if (r->options.title) {
		pdiag_report_put(t, r->options.title);
	} else {
		pdiag_report_put(t, pdiag_severity_text(r->info.severity));
		pdiag_text_str(t, ": ");
		pdiag_report_put(t, r->info.sentence);
	}
	pdiag_text_str(t, "</title>\n<style>\n");
	pdiag_text_add(t, pdiag_report_css, pdiag_report_css_len);
	pdiag_text_str(t, "</style>\n</head>\n<body>\n<main>\n");
	return pdiag_out_room(r->out);
}

static int write_page(struct pdiag_report *r)
{
	static int (*const sections[])(struct pdiag_report *) = {
		pdiag_report_write_head,
		pdiag_report_write_what,
		pdiag_report_write_when,
		pdiag_report_write_trend,
		pdiag_report_write_culprits,
		pdiag_report_write_graphs,
		pdiag_report_write_tasks,
		pdiag_report_write_metrics,
		pdiag_report_write_evidence,
	};
	int ret = 0;

	for (size_t i = 0; i < PDIAG_COUNT(sections) && !ret; i++)
		ret = sections[i](r);
	pdiag_text_str(&r->out->text, "</main>\n</body>\n</html>\n");
	return ret;
}

int pdiag_event_write_report(struct pdiag_event *event,
	const struct pdiag_report_options *options, const struct pdiag_sink *sink)
{
	struct pdiag_report r = { .event = event, .info = { .size = sizeof(r.info) } };
	struct pdiag_out out;
	int ret;

	pdiag_error_clear();
	if (!event)
		return pdiag_fail(EINVAL, "pdiag_event_write_report: event is NULL; give one");
	ret = PDIAG_OPTIONS_COPY(&r.options, options, reserved);
	if (!ret)
		ret = check_options(&r.options);
	if (!ret)
		ret = pdiag_event_get_info(event, &r.info);
	if (ret)
		return ret;
	if (find_metric(&r))
		return pdiag_fail_memory("writing a report");
	ret = pdiag_out_begin(&out, sink);
	if (ret)
		return ret;
	r.out = &out;
	return pdiag_out_end(&out, write_page(&r));
}
