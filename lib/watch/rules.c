/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * METRIC OP NUMBER [per cpu] [for N UNIT] [clear N] [cooldown N UNIT]
 * OP is >= > <= <; UNIT is ms, s, min or h. Numbers may have k, M, G, Ki, Mi, Gi or % behind them.
 */
#include "watch/rules.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "util/array.h"
#include "util/clock.h"

struct reader {
	const char *text, *at;
};

struct word {
	const char *text;
	double factor;
};

static const struct word aliases[] = {
	{ "load", 0 }, { "runnable", 0 }, { "blocked", 0 },
};

static const char *const alias_names[] = {
	"system.cpu.load_average.1m", "system.threads.runnable", "system.threads.blocked",
};

/* Longer words before those that they begin with. */
static const struct word multiples[] = {
	{ "Ki", 1024 }, { "Mi", 1048576 }, { "Gi", 1073741824 },
	{ "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 }, { "%", 0.01 },
};

static const struct word units[] = {
	{ "ms", 1e6 }, { "min", 60e9 }, { "s", 1e9 }, { "h", 3600e9 },
};

static bool is_space(char c) { return c == ' ' || c == '\t'; }

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '.' || c == '_' || c == '-';
}

static void skip(struct reader *r)
{
	while (is_space(*r->at))
		r->at++;
}

static int fail(const struct reader *r, const char *wanted)
{
	return pdiag_fail(EINVAL, "the rule \"%.200s\": %s is expected at \"%.40s\"; "
		"such as \"load >= 2 per cpu for 10 s\"", r->text, wanted, r->at);
}

/* Is this word next? Then it is read. A word of letters must end there. */
static bool take(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	skip(r);
	if (strncmp(r->at, word, len) || (is_name(word[len - 1]) && is_name(r->at[len])))
		return false;
	r->at += len;
	return true;
}

static bool take_one(struct reader *r, const struct word *list, size_t count, size_t *which)
{
	for (*which = 0; *which < count; (*which)++)
		if (take(r, list[*which].text))
			return true;
	return false;
}

/* Digits and a point, in any locale: the host program's may want a comma. */
static bool take_digits(struct reader *r, double *out)
{
	double value = 0, scale = 1;
	const char *begin;

	skip(r);
	begin = r->at;
	for (; *r->at >= '0' && *r->at <= '9'; r->at++)
		value = value * 10 + (*r->at - '0');
	if (*r->at == '.')
		for (r->at++; *r->at >= '0' && *r->at <= '9'; r->at++) {
			scale /= 10;
			value += (*r->at - '0') * scale;
		}
	*out = value;
	return r->at > begin && *begin != '.' && isfinite(value);
}

static int take_number(struct reader *r, double *out)
{
	bool negative;
	size_t which;

	skip(r);
	negative = *r->at == '-';
	r->at += negative;
	if (!take_digits(r, out))
		return fail(r, "a number");
	if (take_one(r, multiples, PDIAG_COUNT(multiples), &which))
		*out *= multiples[which].factor;
	if (negative)
		*out = -*out;
	return 0;
}

static int take_span(struct reader *r, uint64_t *ns)
{
	double value;
	size_t which;

	if (!take_digits(r, &value))
		return fail(r, "a number");
	if (!take_one(r, units, PDIAG_COUNT(units), &which))
		return fail(r, "ms, s, min or h");
	value *= units[which].factor;
	if (value > 86400e9)
		return fail(r, "no more than a day before what");
	*ns = (uint64_t)value;
	return 0;
}

static int take_metric(struct reader *r, char *name)
{
	size_t len = 0, which;

	if (take_one(r, aliases, PDIAG_COUNT(aliases), &which)) {
		strcpy(name, alias_names[which]);
		return 0;
	}
	while (is_name(r->at[len]))
		len++;
	if (!len || len >= PDIAG_WATCH_NAME_MAX)
		return fail(r, "the name of a metric");
	memcpy(name, r->at, len);
	name[len] = 0;
	r->at += len;
	return 0;
}

/* "at or above" is what a detector's rule has; "above" is from the next number on. */
static int take_condition(struct reader *r, struct pdiag_rule_options *o)
{
	bool equal, below;
	int ret;

	skip(r);
	if (*r->at != '<' && *r->at != '>')
		return fail(r, ">=, >, <= or <");
	below = *r->at++ == '<';
	equal = *r->at == '=';
	r->at += equal;
	ret = take_number(r, &o->threshold);
	if (below)
		o->flags |= PDIAG_RULE_BELOW;
	if (!ret && !equal)
		o->threshold = nextafter(o->threshold, below ? -HUGE_VAL : HUGE_VAL);
	return ret;
}

static int take_clear(struct reader *r, struct pdiag_rule_options *o)
{
	double clear;
	int ret = take_number(r, &clear);

	if (ret)
		return ret;
	o->hysteresis = o->flags & PDIAG_RULE_BELOW ? clear - o->threshold : o->threshold - clear;
	return o->hysteresis < 0 ? fail(r, "a calmer number to clear at before what") : 0;
}

static int take_clause(struct reader *r, uint32_t cpus, struct pdiag_rule_options *o)
{
	if (take(r, "per")) {
		o->scale = cpus;
		return take(r, "cpu") ? 0 : fail(r, "cpu");
	}
	if (take(r, "for"))
		return take_span(r, &o->hold_ns);
	if (take(r, "clear"))
		return take_clear(r, o);
	if (take(r, "cooldown"))
		return take_span(r, &o->cooldown_ns);
	return fail(r, "\"per cpu\", \"for\", \"clear\", \"cooldown\" or the end");
}

int pdiag_watch_rule_read(const char *text, uint32_t cpus, struct pdiag_watch_rule_text *out)
{
	struct reader r = { text, text };
	int ret;

	memset(out, 0, sizeof(*out));
	out->options.size = sizeof(out->options);
	/* What missed a minute of looks has not held for it. */
	out->options.gap_ns = 60 * PDIAG_SECOND_NS;
	skip(&r);
	ret = take_metric(&r, out->metric);
	if (!ret)
		ret = take_condition(&r, &out->options);
	for (skip(&r); !ret && *r.at; skip(&r))
		ret = take_clause(&r, cpus, &out->options);
	return ret;
}
