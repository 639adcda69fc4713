/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_sysctl.h"

#include "util/file.h"

void pdiag_perf_limits_read(struct pdiag_perf_limits *l)
{
	long rate = pdiag_file_number("/proc/sys/kernel/perf_event_max_sample_rate", 100000);
	long stack = pdiag_file_number("/proc/sys/kernel/perf_event_max_stack", 127);

	l->paranoid = pdiag_file_number("/proc/sys/kernel/perf_event_paranoid", 2);
	l->max_rate = rate > 0 && rate < UINT32_MAX ? (uint32_t)rate : 1;
	l->max_stack = stack > 0 && stack < UINT16_MAX ? (uint32_t)stack : 1;
}
