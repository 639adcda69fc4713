/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How large the rings are, and mapping them. */
#ifndef PDIAG_SOURCE_PERF_BUFFER_H
#define PDIAG_SOURCE_PERF_BUFFER_H

#include "source/perf_layout.h"
#include "source/perf_rings.h"
#include "source/source.h"

/* Bytes of ring for one CPU: a power of two of pages. */
uint64_t pdiag_perf_buffer_size(const struct pdiag_source_config *config, enum pdiag_perf_kind kind,
	uint32_t cpus);
/* Map all rings; halves their size where the kernel allows no more locked memory, and says so. */
int pdiag_perf_buffer_map(struct pdiag_perf_rings *rings, const struct pdiag_source_config *config,
	uint32_t cpus, struct pdiag_source_state *state);
/* Cycles to ns in 32.32, by the scale that the kernel keeps in the ring's control page. */
uint64_t pdiag_perf_cycle_mult(const struct pdiag_perf_ring *ring);

#endif
