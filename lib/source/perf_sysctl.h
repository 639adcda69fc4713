/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel allows of perf events here. */
#ifndef PDIAG_SOURCE_PERF_SYSCTL_H
#define PDIAG_SOURCE_PERF_SYSCTL_H

#include <stdint.h>

struct pdiag_perf_limits {
	long paranoid;
	uint32_t max_rate;
	uint32_t max_stack;
};

void pdiag_perf_limits_read(struct pdiag_perf_limits *l);

#endif
