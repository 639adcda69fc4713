/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The comparison, with somebody else than /proc to tell cgroups, and with what is known anyway. */
#ifndef PDIAG_CULPRIT_COMPARE_H
#define PDIAG_CULPRIT_COMPARE_H

#include "culprit/cgroup.h"
#include "culprit/culprit.h"

/*
 * As pdiag_culprits_new(); cgroups NULL: as the options say. states: waits that there are more of,
 * as a metric has told, bits by enum pdiag_state. That somebody waits more is no chance then: who
 * has most of it passes with less.
 */
int pdiag_culprits_compare(struct pdiag_profile *const *normal, uint32_t count,
	struct pdiag_profile *trouble, const struct pdiag_culprits_options *options,
	const struct pdiag_cgroups *cgroups, uint32_t states, struct pdiag_culprits **out);

#endif
