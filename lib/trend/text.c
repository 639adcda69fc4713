/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Coordinates, texts and times as they stand in the picture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output/number.h"
#include "output/sanitize.h"
#include "trend/chart.h"
#include "util/clock.h"

/* How wide a letter is, of its height; on the safe side. */
#define LETTER 0.56

double pdiag_chart_x(const struct pdiag_chart *c, uint64_t time_ns)
{
	double part = ((double)time_ns - (double)c->from_ns) / (double)(c->to_ns - c->from_ns);

	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return PDIAG_CHART_LEFT + part * c->plot_width;
}

void pdiag_chart_put(struct pdiag_text *t, double pixels)
{
	pdiag_quantity_fixed(t, pixels, 1);
}

double pdiag_chart_put_text(struct pdiag_text *t, const char *text, double room, double size)
{
	size_t cells = room > 0 ? (size_t)(room / (size * LETTER)) : 0, fits, used = 0;
	struct pdiag_text clean = { 0 };

	pdiag_sanitize_name(&clean, text, strlen(text));
	if (!clean.error) {
		fits = pdiag_sanitize_fit(clean.data, clean.len, cells, &used);
		if (fits < clean.len)
			fits = pdiag_sanitize_fit(clean.data, clean.len, cells ? cells - 1 : 0,
				&used);
		pdiag_sanitize_xml(t, clean.data, fits);
		if (fits < clean.len) {
			pdiag_text_str(t, "\xe2\x80\xa6");
			used++;
		}
	}
	t->error = t->error ? t->error : clean.error;
	pdiag_text_free(&clean);
	return (double)used * size * LETTER;
}

/* Whole seconds of a local time, and what is left in ns. */
static int64_t whole_seconds(int64_t local_ns, uint64_t *rest)
{
	int64_t seconds = local_ns / (int64_t)PDIAG_SECOND_NS;
	int64_t left = local_ns % (int64_t)PDIAG_SECOND_NS;

	if (left < 0) {
		left += (int64_t)PDIAG_SECOND_NS;
		seconds--;
	}
	*rest = (uint64_t)left;
	return seconds;
}

static void broken_down(int64_t local_ns, struct tm *tm, uint64_t *rest)
{
	time_t seconds = (time_t)whole_seconds(local_ns, rest);

	/* gmtime_r() fails for years that 64 bits of ns do not reach. */
	*tm = (struct tm){ 0 };
	gmtime_r(&seconds, tm);
}

void pdiag_chart_put_date(struct pdiag_text *t, int64_t local_ns)
{
	uint64_t rest;
	struct tm tm;

	broken_down(local_ns, &tm, &rest);
	pdiag_text_printf(t, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

void pdiag_chart_put_clock(struct pdiag_text *t, int64_t local_ns, unsigned int decimals)
{
	uint64_t rest, unit = PDIAG_SECOND_NS;
	struct tm tm;

	broken_down(local_ns, &tm, &rest);
	pdiag_text_printf(t, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (!decimals)
		return;
	for (unsigned int i = 0; i < decimals; i++)
		unit /= 10;
	pdiag_text_printf(t, ".%0*llu", (int)decimals, (unsigned long long)(rest / unit));
}

void pdiag_chart_put_zone(struct pdiag_text *t, int32_t zone_s)
{
	long long minutes = llabs((long long)zone_s) / 60;

	pdiag_text_str(t, "UTC");
	if (minutes)
		pdiag_text_printf(t, "%s%02lld:%02lld", zone_s < 0 ? "\xe2\x88\x92" : "+",
			minutes / 60, minutes % 60);
}
