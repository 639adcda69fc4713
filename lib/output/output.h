/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Output options, checked, and what they mean for one profile. */
#ifndef PDIAG_OUTPUT_INTERNAL_H
#define PDIAG_OUTPUT_INTERNAL_H

#include <stdbool.h>

#include <pdiag/output.h>
#include <pdiag/profile.h>

struct pdiag_output {
	struct pdiag_output_options options; /* defaults filled in; prepared, unit is never AUTO */
	struct pdiag_profile_info all;	/* of the profile */
	struct pdiag_profile_info info; /* the same, but samples and times only of what is shown */
	uint64_t unit_ns; /* what one of the unit stands for; at least 1 */
};

/* Check the options; info is not yet that of what is shown. Sentence on failure. */
int pdiag_output_check(struct pdiag_output *o, struct pdiag_profile *profile,
	const struct pdiag_output_options *options);
/* The same, look up the profile's names, sum up what is shown and find the unit. */
int pdiag_output_prepare(struct pdiag_output *o, struct pdiag_profile *profile,
	const struct pdiag_output_options *options);
/* Are all stacks shown? */
bool pdiag_output_shows_all(const struct pdiag_output *o);
/* Are stacks of this state, as it is told in the end, and this process shown? */
bool pdiag_output_shows(const struct pdiag_output *o, enum pdiag_state state, int32_t pid);
/* Does that hang on what a thread waited for, and not just on whether it did? */
bool pdiag_output_needs_cause(const struct pdiag_output *o);
/* A weight in the unit, rounded to the nearest. */
uint64_t pdiag_output_units(const struct pdiag_output *o, uint64_t ns);
/* The unit's word: "samples", "µs", "ns". */
const char *pdiag_output_unit_text(const struct pdiag_output *o);

/*
 * Weights to whole units, one after the other, so that the sum stays right: what rounding took or
 * gave is carried to the next. No line is off by one or more, none becomes 0; only where lines
 * below one unit are many is the sum higher than it was.
 */
struct pdiag_rounding {
	__int128 carry; /* ns still owed, or, negative, given too much */
};
uint64_t pdiag_rounding_next(struct pdiag_rounding *r, uint64_t ns, uint64_t unit_ns);

#endif
