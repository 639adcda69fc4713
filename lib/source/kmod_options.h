/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a capture asks for, in the terms of the kernel module. */
#ifndef PDIAG_SOURCE_KMOD_OPTIONS_H
#define PDIAG_SOURCE_KMOD_OPTIONS_H

#include "source/kmod_device.h"
#include "source/perf_target.h"
#include "source/source.h"

/* The options point into it. */
struct pdiag_kmod_cpus {
	uint64_t *mask;
};

/*
 * Options of a session for this capture. `target` is open. 0 or a negative errno with its sentence:
 * -EOPNOTSUPP if the module lacks what is needed. The mask is freed by the caller in any case.
 */
int pdiag_kmod_options(struct pdiag_kmod_session *out, struct pdiag_kmod_cpus *cpus,
	const struct pdiag_kdevice *d, const struct pdiag_source_config *config,
	const struct pdiag_perf_target *target);
/*
 * The machine has no memory for them: half as much, where it is not said what it is to be. False if
 * there is nothing to take away.
 */
bool pdiag_kmod_options_shrink(struct pdiag_kmod_session *options,
	const struct pdiag_source_config *config);
/* The sentence for a session that was refused. */
int pdiag_kmod_options_fail(int err, const struct pdiag_source_config *config);
/* What the session does: rate, depth, limits. */
void pdiag_kmod_options_tell(const struct pdiag_kmod_session *session,
	const struct pdiag_source_config *config, struct pdiag_source_state *state);

#endif
