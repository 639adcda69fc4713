/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/chance.h"

#include <math.h>

#define DECADES_MAX 300.0
/* What is taken for granted where ordinary windows do not tell: so long one is on the CPU, or off
 * it, in one go, in seconds; ... */
#define LUMP 0.5
#define LUMP_MAX 1.0
/* ... and by so much the logarithm of a rate varies. Both as if seen in so many windows. */
#define LUMP_PRIOR 8.0
#define VARIES 0.2
#define VARIES_PRIOR 12.0
/* Short waits that may be rests vary with all that a process has to do. */
#define RESTS_VARY 0.6
/* Factors that are tried, and up to which. */
#define STEPS 48
#define LOG_FACTOR_MAX 6.0

/* By Lentz; it converges fast where x < (a + 1) / (a + b + 2). */
static double fraction(double x, double a, double b)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1), f, n, step;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	f = d;
	for (int m = 1; m <= 300; m++) {
		n = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		d = 1 + n * d;
		c = 1 + n / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		f *= d * c;
		n = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 + n * d;
		c = 1 + n / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		step = d * c;
		f *= step;
		if (fabs(step - 1) < 1e-10)
			break;
	}
	return f;
}

static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

double pdiag_log_beta(double x, double a, double b)
{
	double front, other;

	if (x <= 0)
		return -INFINITY;
	if (x >= 1)
		return 0;
	front = a * log(x) + b * log1p(-x) + log_gamma(a + b) - log_gamma(a) - log_gamma(b);
	if (x < (a + 1) / (a + b + 2))
		return front - log(a) + log(fraction(x, a, b));
	other = exp(front - log(b)) * fraction(1 - x, b, a);
	return other < 1 ? log1p(-other) : -INFINITY;
}

double pdiag_log_t_tail(double t, double freedom)
{
	return pdiag_log_beta(freedom / (freedom + t * t), freedom / 2, 0.5) - M_LN2;
}

static double log_sum(double a, double b)
{
	double high = a > b ? a : b, low = a > b ? b : a;

	return isinf(high) ? high : high + log1p(exp(low - high));
}

/* Of exp(a) - exp(b), where b is the lower one. */
static double log_less(double a, double b)
{
	return b < a ? a + log1p(-exp(b - a)) : -INFINITY;
}

/* What ordinary windows tell of one part. */
struct ordinary {
	double time, seconds, windows;
	double lump;   /* seconds */
	double varies; /* of the logarithm of its rate */
	double freedom;
};

static double clamp(double v, double low, double high)
{
	return v < low ? low : v > high ? high : v;
}

/*
 * How long a lump is, of all threads together. Who waits at the same time mostly waits for the same
 * thing: so a wait of each thread is one lump, as is what waits or runs in several threads on
 * average.
 */
static double first_lump(const struct pdiag_parts *p, const struct pdiag_part *part)
{
	const struct pdiag_tally *t = &part->tally;
	const struct pdiag_part *doing = part;
	double length, rate, lump;

	while (doing->kind == PDIAG_PART_FRAME)
		doing = &p->list[doing->parent];
	length = fmin(t->lumps / (t->normal + t->trouble), LUMP_MAX);
	rate = fmax(t->trouble / p->trouble_time[part->off], t->normal / p->normal_time[part->off]);
	lump = fmax(length, LUMP) * fmax(rate, 1);
	return part->off ? fmax(lump, length * fmin(doing->threads, t->trouble_count)) : lump;
}

static struct ordinary learn(const struct pdiag_parts *p, const struct pdiag_part *part)
{
	struct ordinary o = { .time = p->normal_time[part->off], .seconds = part->tally.normal,
		.windows = p->windows[part->off], .lump = first_lump(p, part) };
	double rate = o.seconds / o.time, more = o.windows - 1, spread = 0, excess = 0, lumps;
	double varies = part->rests ? RESTS_VARY : VARIES;

	lumps = o.seconds / o.lump;
	if (rate > 0)
		spread = fmax(part->tally.squares / rate - o.seconds, 0);
	/* Windows in which nothing was seen, as in most, tell nothing of lumps. */
	more *= fmin(lumps / o.windows, 1);
	o.lump = (LUMP_PRIOR * o.lump + spread) / (LUMP_PRIOR + more);
	if (rate > 0)
		excess = fmax(spread - more * o.lump, 0) * o.windows / o.seconds;
	/* Where there were few lumps, those are all that can be told apart. */
	o.varies = sqrt((VARIES_PRIOR * varies * varies + excess) / (VARIES_PRIOR + more) *
		lumps / (lumps + 1) * (1 + 1 / o.windows));
	o.freedom = VARIES_PRIOR + more;
	return o;
}

/* Chance has two ways to so much, and takes both at once: the rate went up by a factor, and at that
 * rate there were more lumps than usual. A sum over factors, each taken for the next higher one. */
static double log_chance(const struct ordinary *o, double seconds, double time)
{
	double before = o->seconds / o->lump, lumps = seconds / o->lump, step, odds, tail, next;
	double sum;

	if (!(o->varies > 0))
		return pdiag_log_beta(time / (time + o->time), lumps, before + 1);
	step = fmax(log(seconds / time / (o->seconds / o->time)), 0);
	step = fmin(step, LOG_FACTOR_MAX) / STEPS;
	tail = pdiag_log_t_tail(0, o->freedom);
	sum = tail + pdiag_log_beta(time / (time + o->time), lumps, before + 1);
	for (int i = 1; i <= STEPS && step > 0; i++) {
		next = pdiag_log_t_tail(i * step / o->varies, o->freedom);
		odds = exp(i * step) * time;
		sum = log_sum(sum, log_less(tail, next) +
			pdiag_log_beta(odds / (odds + o->time), lumps, before + 1));
		tail = next;
	}
	return log_sum(sum, tail);
}

double pdiag_chance(const struct pdiag_parts *p, uint32_t part)
{
	const struct pdiag_part *x = &p->list[part];
	double time = p->trouble_time[x->off], seconds = x->tally.trouble;
	struct ordinary o;

	if (!(time > 0) || !(seconds > 0) || !p->windows[x->off])
		return 0;
	o = learn(p, x);
	return clamp(-log_chance(&o, seconds, time) / M_LN10, 0, DECADES_MAX);
}

double pdiag_chance_among(double decades, double groups)
{
	return clamp(decades - (groups > 1 ? log10(groups) : 0), 0, DECADES_MAX);
}
