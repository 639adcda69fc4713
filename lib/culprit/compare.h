/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The comparison, with somebody else than /proc to tell cgroups. */
#ifndef PDIAG_CULPRIT_COMPARE_H
#define PDIAG_CULPRIT_COMPARE_H

#include "culprit/cgroup.h"
#include "culprit/culprit.h"

/* As pdiag_culprits_new(); cgroups NULL: as the options say. */
int pdiag_culprits_compare(struct pdiag_profile *const *normal, uint32_t count,
	struct pdiag_profile *trouble, const struct pdiag_culprits_options *options,
	const struct pdiag_cgroups *cgroups, struct pdiag_culprits **out);

#endif
