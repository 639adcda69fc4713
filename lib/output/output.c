/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/output.h"

#include <errno.h>

#include "core/error.h"
#include "core/options.h"
#include "output/number.h"

_Static_assert(sizeof(struct pdiag_output_options) == 64, "no holes in pdiag_output_options");
_Static_assert(sizeof(struct pdiag_hot_frame) == 56, "no holes in pdiag_hot_frame");

#define STATES_ALL (PDIAG_STATES_ON_CPU | PDIAG_STATES_OFF_CPU)
_Static_assert(STATES_ALL == (2ull << PDIAG_STATE_PAGE_FAULT) - 1, "every state has its bit");
_Static_assert(PDIAG_STATES_ON_CPU == 1ull << PDIAG_STATE_RUNNING, "one state is on the CPU");

#define WIDTH_DEFAULT 1200
#define WIDTH_MIN 300
#define WIDTH_MAX 20000
#define KNOWN_FLAGS (PDIAG_OUTPUT_PID | PDIAG_OUTPUT_TID | PDIAG_OUTPUT_KERNEL_MARK | \
	PDIAG_OUTPUT_NO_STATE | PDIAG_OUTPUT_MODULE)

static int check(struct pdiag_output_options *o)
{
	if (o->unit > PDIAG_UNIT_TASKS)
		return pdiag_fail(EINVAL, "pdiag_output_options: unit is %u, the highest is %d",
			o->unit, PDIAG_UNIT_TASKS);
	if (o->flags & ~KNOWN_FLAGS)
		return pdiag_fail(EINVAL,
			"pdiag_output_options: flags has 0x%x, which this release "
			"does not know; use PDIAG_OUTPUT_*",
			o->flags & ~KNOWN_FLAGS);
	if (o->reserved || o->reserved2)
		return pdiag_fail(EINVAL,
			"pdiag_output_options: reserved and reserved2 must be 0");
	if (o->states & ~STATES_ALL)
		return pdiag_fail(EINVAL,
			"pdiag_output_options: states has 0x%llx, which this release does not "
			"know; use PDIAG_STATES_* or 1 << PDIAG_STATE_*",
			(unsigned long long)(o->states & ~STATES_ALL));
	if (o->pid < 0)
		return pdiag_fail(EINVAL,
			"pdiag_output_options: pid is %d; name a process, or 0 for all", o->pid);
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
	if (!o->states)
		o->states = STATES_ALL;
	return 0;
}

static int find_unit(struct pdiag_output *o)
{
	const struct pdiag_profile_info *info = &o->info;

	if (o->options.unit == PDIAG_UNIT_SAMPLES && info->off_cpu_ns)
		return pdiag_fail(EINVAL,
			"pdiag_output_options: unit is samples, but the profile has "
			"off-CPU time, of which no sample stands for a fixed span; use "
			"microseconds, or set states to PDIAG_STATES_ON_CPU");
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
	case PDIAG_UNIT_TASKS:
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
	ret = PDIAG_OPTIONS_COPY(&o->options, options, reserved2);
	if (!ret)
		ret = check(&o->options);
	if (ret)
		return ret;
	o->all = (struct pdiag_profile_info){ .size = sizeof(o->all) };
	ret = pdiag_profile_get_info(profile, &o->all);
	o->info = o->all;
	return ret;
}

bool pdiag_output_shows_all(const struct pdiag_output *o)
{
	return o->options.states == STATES_ALL && !o->options.pid;
}

bool pdiag_output_shows(const struct pdiag_output *o, enum pdiag_state state, int32_t pid)
{
	return o->options.states >> state & 1 && (!o->options.pid || o->options.pid == pid);
}

bool pdiag_output_needs_cause(const struct pdiag_output *o)
{
	uint64_t waits = o->options.states & PDIAG_STATES_OFF_CPU;

	return waits && waits != PDIAG_STATES_OFF_CPU;
}

static int add_stack(void *user, const struct pdiag_stack *s)
{
	struct pdiag_output *o = user;

	if (!pdiag_output_shows(o, s->state, s->pid))
		return 0;
	o->info.samples += s->samples;
	if (s->state == PDIAG_STATE_RUNNING)
		o->info.on_cpu_ns += s->weight_ns;
	else
		o->info.off_cpu_ns += s->weight_ns;
	return 0;
}

static int measure(struct pdiag_output *o, struct pdiag_profile *profile)
{
	if (pdiag_output_shows_all(o))
		return 0;
	o->info.samples = o->info.on_cpu_ns = o->info.off_cpu_ns = 0;
	return pdiag_profile_each_stack(profile, add_stack, o);
}

int pdiag_output_prepare(struct pdiag_output *o, struct pdiag_profile *profile,
	const struct pdiag_output_options *options)
{
	int ret = pdiag_output_check(o, profile, options);

	if (!ret)
		ret = pdiag_profile_resolve(profile, o->options.symbolizer);
	if (!ret)
		ret = measure(o, profile);
	return ret ? ret : find_unit(o);
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
	case PDIAG_UNIT_TASKS:
		return "tasks";
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
