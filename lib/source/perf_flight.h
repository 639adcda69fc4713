/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A flight recorder of perf events: rings that are overwritten, and paused to be read. */
#ifndef PDIAG_SOURCE_PERF_FLIGHT_H
#define PDIAG_SOURCE_PERF_FLIGHT_H

#include "source/perf_rings.h"
#include "source/source.h"

/* Refuse what there is no memory for. 0 or a negative errno with its sentence. */
int pdiag_perf_flight_check(const struct pdiag_source_config *config, uint32_t cpus);
/* fd: of pdiag_flight_fd(). These return 0 or a negative errno with its sentence; what is so
 * already is fine. */
int pdiag_perf_flight_freeze(struct pdiag_perf_rings *rings, struct pdiag_source_flight *f, int fd);
int pdiag_perf_flight_thaw(struct pdiag_perf_rings *rings, struct pdiag_source_flight *f, int fd);
/* As pdiag_source_ops has it; mult: of the weights, as in pdiag_source_state. */
void pdiag_perf_flight_recent(const struct pdiag_perf_rings *rings, uint64_t mult, uint64_t since,
	pdiag_source_recent_fn fn, void *user);
/* next() has nothing more: was that all? */
void pdiag_perf_flight_end(
	const struct pdiag_perf_rings *rings, struct pdiag_source_flight *f, int fd);

#endif
