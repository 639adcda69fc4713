/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/output.h"

#include <errno.h>

#include "core/error.h"
#include "core/options.h"
#include "output/number.h"

_Static_assert(sizeof(struct pdiag_output_options) == 48, "no holes in pdiag_output_options");
_Static_assert(sizeof(struct pdiag_hot_frame) == 56, "no holes in pdiag_hot_frame");

#define WIDTH_DEFAULT 1200
#define WIDTH_MIN 300
#define WIDTH_MAX 20000
#define KNOWN_FLAGS (PDIAG_OUTPUT_PID | PDIAG_OUTPUT_TID | PDIAG_OUTPUT_KERNEL_MARK | \
	PDIAG_OUTPUT_NO_STATE | PDIAG_OUTPUT_MODULE)

static int check(struct pdiag_output_options *o)
{
	if (o->unit > PDIAG_UNIT_NANOSECONDS)
		return pdiag_fail(EINVAL, "pdiag_output_options: unit is %u, the highest is %d",
			o->unit, PDIAG_UNIT_NANOSECONDS);
	if (o->flags & ~KNOWN_FLAGS)
		return pdiag_fail(EINVAL,
			"pdiag_output_options: flags has 0x%x, which this release "
			"does not know; use PDIAG_OUTPUT_*",
			o->flags & ~KNOWN_FLAGS);
	if (o->reserved)
		return pdiag_fail(EINVAL, "pdiag_output_options: reserved must be 0");
	if (o->width && (o->width < WIDTH_MIN || o->width > WIDTH_MAX))
		return pdiag_fail(EINVAL,
			"pdiag_output_options: width is %u pixels; it may be %d to "
			"%d, or 0 for %d",
			o->width, WIDTH_MIN, WIDTH_MAX, WIDTH_DEFAULT);
	/* Written so that it refuses NaN, too. */
	if (!(o->min_percent >= 0 && o->min_percent <= 100))
		return pdiag_fail(EINVAL, "pdiag_output_options: min_percent must be 0 to 100");
	if (!o->width)
		o->width = WIDTH_DEFAULT;
	return 0;
}

static int find_unit(struct pdiag_output *o)
{
	const struct pdiag_profile_info *info = &o->info;

	if (o->options.unit == PDIAG_UNIT_SAMPLES && info->off_cpu_ns)
		return pdiag_fail(EINVAL,
			"pdiag_output_options: unit is samples, but the profile has "
			"off-CPU time, of which no sample stands for a fixed span; use "
			"microseconds");
	if (o->options.unit == PDIAG_UNIT_SAMPLES && info->on_cpu_ns && !info->period_ns)
		return pdiag_fail(EINVAL,
			"pdiag_output_options: unit is samples, but the profile has "
			"no sampling period; use microseconds");
	if (o->options.unit == PDIAG_UNIT_AUTO)
		o->options.unit = info->off_cpu_ns || (info->on_cpu_ns && !info->period_ns) ?
			PDIAG_UNIT_MICROSECONDS : PDIAG_UNIT_SAMPLES;
	switch (o->options.unit) {
	case PDIAG_UNIT_SAMPLES:
		o->unit_ns = info->period_ns ? info->period_ns : 1;
		break;
	case PDIAG_UNIT_MICROSECONDS:
		o->unit_ns = 1000;
		break;
	default:
		o->unit_ns = 1;
		break;
	}
	return 0;
}

int pdiag_output_check(struct pdiag_output *o, struct pdiag_profile *profile,
	const struct pdiag_output_options *options)
{
	int ret;

	if (!profile)
		return pdiag_fail(EINVAL, "no profile given");
	ret = PDIAG_OPTIONS_COPY(&o->options, options, min_percent);
	if (!ret)
		ret = check(&o->options);
	if (ret)
		return ret;
	o->info = (struct pdiag_profile_info){ .size = sizeof(o->info) };
	ret = pdiag_profile_get_info(profile, &o->info);
	return ret ? ret : find_unit(o);
}

int pdiag_output_prepare(struct pdiag_output *o, struct pdiag_profile *profile,
	const struct pdiag_output_options *options)
{
	int ret = pdiag_output_check(o, profile, options);

	return ret ? ret : pdiag_profile_resolve(profile, o->options.symbolizer);
}

uint64_t pdiag_output_units(const struct pdiag_output *o, uint64_t ns)
{
	return pdiag_number_ratio(ns, 1, o->unit_ns);
}

const char *pdiag_output_unit_text(const struct pdiag_output *o)
{
	switch (o->options.unit) {
	case PDIAG_UNIT_SAMPLES:
		return "samples";
	case PDIAG_UNIT_MICROSECONDS:
		return "\xc2\xb5s";
	default:
		return "ns";
	}
}

uint64_t pdiag_rounding_next(struct pdiag_rounding *r, uint64_t ns, uint64_t unit_ns)
{
	uint64_t low = ns / unit_ns, high = low + (ns % unit_ns != 0);
	uint64_t n = low ? low : high;

	r->carry += ns;
	if (n < high && r->carry - (__int128)n * unit_ns > (__int128)(unit_ns / 2))
		n = high;
	r->carry -= (__int128)n * unit_ns;
	return n;
}
