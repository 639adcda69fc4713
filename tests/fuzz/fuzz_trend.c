/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any numbers and names as series of a trend chart. An input is options, then series: flags, a
 * name, how many points, and the points. Whatever they are, what is written is closed at its
 * end, has no bytes that XML does not know, and no coordinate that is no number.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/context.h>
#include <pdiag/trend.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte of a series. */
#define PANEL 0x01
#define PER_SECOND 0x02
#define RANGE 0x04
#define WHOLE_VALUES 0x10 /* a byte each, and no wall clock: three bytes a point */
#define UNIT 5		  /* bits from here on say which */
#define POINTS 64u

struct input {
	const uint8_t *at, *end;
};

static uint64_t take(struct input *in, unsigned int bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes && in->at < in->end; i++)
		value |= (uint64_t)*in->at++ << 8 * i;
	return value;
}

static double take_double(struct input *in)
{
	uint64_t bits = take(in, 8);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void take_name(struct input *in, char name[32])
{
	size_t len = take(in, 1) % 31;

	for (size_t i = 0; i < len; i++)
		name[i] = (char)take(in, 1);
	name[len] = '\0';
}

static struct pdiag_trend_point take_point(struct input *in, bool whole, uint64_t *time_ns)
{
	struct pdiag_trend_point p = { 0 };

	if (whole) {
		*time_ns += take(in, 2) << 24;
		p.value = (double)take(in, 1);
		p.min = p.max = p.value;
	} else {
		uint64_t step = take(in, 1);

		*time_ns += take(in, 4) << (step % 32);
		p.gap = step >> 7;
		p.realtime_ns = take(in, 8);
		p.zone_s = (int32_t)take(in, 4);
		p.value = take_double(in);
		p.min = take_double(in);
		p.max = take_double(in);
	}
	p.time_ns = *time_ns;
	return p;
}

static void add_series(struct pdiag_trend *trend, struct input *in)
{
	static const char *const units[8] = { "By", "1", "s", "GiBy", "{thread}", "ns", "", "<x>" };
	struct pdiag_trend_point points[POINTS];
	struct pdiag_trend_series s = { .size = sizeof(s), .points = points };
	uint64_t flags = take(in, 1), time_ns = take(in, 8);
	char name[32], panel[32];

	take_name(in, name);
	s.name = name;
	s.unit = units[flags >> UNIT];
	s.per_second = flags & PER_SECOND;
	if (flags & PANEL) {
		take_name(in, panel);
		s.panel = panel;
	}
	if (flags & RANGE) {
		s.low = take_double(in);
		s.high = take_double(in);
	}
	s.count = take(in, 1) % POINTS;
	for (size_t i = 0; i < s.count; i++)
		points[i] = take_point(in, flags & WHOLE_VALUES, &time_ns);
	pdiag_trend_add_series(trend, &s);
}

/* All that was written. */
struct page {
	char data[1u << 22];
	size_t len;
};

static int keep(void *user, const void *data, size_t len)
{
	struct page *p = user;

	if (len > sizeof(p->data) - p->len)
		abort();
	memcpy(p->data + p->len, data, len);
	p->len += len;
	return 0;
}

static void check(const struct page *p)
{
	static const char end[] = "</svg>\n";

	if (p->len < sizeof(end) ||
		memcmp(p->data + p->len - sizeof(end) + 1, end, sizeof(end) - 1))
		abort();
	for (size_t i = 0; i < p->len; i++)
		if ((unsigned char)p->data[i] < ' ' && !strchr("\n\t", p->data[i]))
			abort();
	for (size_t i = 0; i + 4 < p->len; i++)
		if (!memcmp(p->data + i, "=\"nan", 5) || !memcmp(p->data + i, "=\"inf", 5) ||
			!memcmp(p->data + i, "=\"-in", 5) || !memcmp(p->data + i, "=\"-na", 5))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct page page;
	struct input in = { data, data + size };
	struct pdiag_trend_options o = { .size = sizeof(o) };
	const struct pdiag_sink sink = { .size = sizeof(sink), .write = keep, .user = &page };
	struct pdiag_trend *trend;
	struct pdiag *context;
	char title[32];

	if (size < 2)
		return 0;
	if (take(&in, 1) & 1) {
		take_name(&in, title);
		o.title = title;
		o.width = (uint32_t)take(&in, 2);
		o.height = (uint32_t)take(&in, 2);
		o.from_ns = take(&in, 8);
		o.to_ns = take(&in, 8);
	}
	if (pdiag_open(NULL, &context))
		abort();
	if (!pdiag_trend_new(context, &o, &trend)) {
		while (in.at < in.end)
			add_series(trend, &in);
		page.len = 0;
		if (!pdiag_trend_write(trend, &sink))
			check(&page);
	}
	pdiag_close(context);
	return 0;
}
