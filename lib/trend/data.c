/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers behind the picture, as JSON for its script. */
#include <string.h>

#include "output/sanitize.h"
#include "trend/chart.h"

static void put_string(struct pdiag_text *t, const char *text)
{
	struct pdiag_text clean = { 0 };

	pdiag_text_char(t, '"');
	pdiag_sanitize_name(&clean, text, strlen(text));
	if (!clean.error)
		pdiag_sanitize_json(t, clean.data, pdiag_sanitize_cut(clean.data, clean.len, 200));
	t->error = t->error ? t->error : clean.error;
	pdiag_text_free(&clean);
	pdiag_text_char(t, '"');
}

static uint64_t milliseconds(double ns)
{
	return (uint64_t)(ns / 1e6 + 0.5);
}

static void put_values(struct pdiag_text *t, const struct pdiag_chart_line *l, const char *name,
	size_t offset)
{
	pdiag_text_printf(t, ",\"%s\":[", name);
	for (size_t i = 0; i < l->count; i++) {
		const char *dot = (const char *)&l->dots[i];

		if (i)
			pdiag_text_char(t, ',');
		pdiag_quantity_json(t, *(const double *)(const void *)(dot + offset));
	}
	pdiag_text_char(t, ']');
}

/* Times as the steps between them, which are short; -1 more where there is a gap before. */
static void put_times(struct pdiag_text *t, const struct pdiag_chart_line *l)
{
	uint64_t last = 0, now;

	pdiag_text_str(t, ",\"t\":[");
	for (size_t i = 0; i < l->count; i++) {
		now = milliseconds(l->dots[i].at);
		pdiag_text_str(t, i ? "," : "");
		pdiag_text_u64(t, now - last);
		last = now;
	}
	pdiag_text_char(t, ']');
}

static bool same_times(const struct pdiag_chart_line *a, const struct pdiag_chart_line *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (milliseconds(a->dots[i].at) != milliseconds(b->dots[i].at))
			return false;
	return true;
}

static void put_line(const struct pdiag_chart *c, size_t i, struct pdiag_text *t)
{
	const struct pdiag_chart_line *l = &c->lines[i];

	pdiag_text_str(t, "{\"name\":");
	put_string(t, l->label);
	/* As in the line before, mostly. */
	if (!i || !same_times(&c->lines[i - 1], l))
		put_times(t, l);
	put_values(t, l, "v", offsetof(struct pdiag_chart_dot, value));
	if (l->band) {
		put_values(t, l, "low", offsetof(struct pdiag_chart_dot, low));
		put_values(t, l, "high", offsetof(struct pdiag_chart_dot, high));
	}
	pdiag_text_char(t, '}');
}

static int put_panel(const struct pdiag_chart *c, const struct pdiag_chart_panel *p,
	struct pdiag_out *out)
{
	const struct pdiag_quantity *q = &p->quantity;
	struct pdiag_text *t = &out->text;
	int ret = 0;

	pdiag_text_printf(t, "\n{\"top\":%u,\"kind\":%d,\"per_second\":%d,\"factor\":", p->top,
		(int)q->kind, q->per_second);
	pdiag_quantity_json(t, q->factor);
	pdiag_text_str(t, ",\"noun\":");
	put_string(t, *q->noun ? q->noun : " ");
	pdiag_text_str(t, ",\"one\":");
	put_string(t, *q->one ? q->one : " ");
	pdiag_text_str(t, ",\"low\":");
	pdiag_quantity_json(t, p->low);
	pdiag_text_str(t, ",\"high\":");
	pdiag_quantity_json(t, p->high);
	pdiag_text_str(t, ",\"lines\":[");
	for (size_t i = p->first; i < p->first + p->count && !ret; i++) {
		pdiag_text_str(t, i > p->first ? ",\n" : "\n");
		put_line(c, i, t);
		ret = pdiag_out_room(out);
	}
	pdiag_text_str(t, "]}");
	return ret;
}

/* Moments in ms since the begin; local times in ms since 1970. */
static void put_eras(const struct pdiag_chart *c, struct pdiag_text *t)
{
	pdiag_text_str(t, ",\"eras\":[");
	for (size_t i = 0; i < c->era_count; i++) {
		const struct pdiag_chart_era *e = &c->eras[i];

		pdiag_text_printf(t, "%s[%lld,%lld,%lld,%lld,%d]", i ? "," : "",
			((long long)e->from_ns - (long long)c->from_ns) / 1000000,
			((long long)e->to_ns - (long long)c->from_ns) / 1000000,
			(long long)e->wall_from_ns / 1000000, (long long)e->wall_to_ns / 1000000,
			e->zone_s);
	}
	pdiag_text_char(t, ']');
}

int pdiag_chart_write_data(const struct pdiag_chart *c, struct pdiag_out *out)
{
	struct pdiag_text *t = &out->text;
	int ret = 0;

	pdiag_text_printf(t, "<script type=\"application/json\" class=\"pdiag-data\"><![CDATA[{"
		"\"left\":%d,\"width\":%u,\"height\":%u,\"bottom\":%u,\"from\":%llu,\"span\":",
		PDIAG_CHART_LEFT, c->plot_width, c->plot_height, c->bottom,
		(unsigned long long)(c->from_ns / 1000000));
	pdiag_quantity_json(t, (double)(c->to_ns - c->from_ns) / 1e6);
	put_eras(c, t);
	pdiag_text_str(t, ",\"panels\":[");
	for (size_t i = 0; i < c->panel_count && !ret; i++) {
		pdiag_text_str(t, i ? "," : "");
		ret = put_panel(c, &c->panels[i], out);
	}
	pdiag_text_str(t, "]}]]></script>\n");
	return ret;
}
