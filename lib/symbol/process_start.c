/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/process_start.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "process/proc_text.h"
#include "util/file.h"

#define SECOND 1000000000u

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	return clock_gettime(clock, &ts) ? 0 :
		(uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

uint64_t pdiag_process_start(int32_t pid)
{
	long hz = sysconf(_SC_CLK_TCK);
	struct pdiag_proc_stat stat;
	char path[64], text[1024];
	uint64_t start, asleep, awake;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (hz <= 0 || pdiag_file_read(path, text, sizeof(text)) <= 0 ||
		!pdiag_proc_stat_parse(text, &stat))
		return 0;
	start = stat.start_ticks * (SECOND / (uint64_t)hz);
	/* The kernel counts the time the machine was suspended, too. In this order: never below 0. */
	awake = now(CLOCK_MONOTONIC);
	asleep = now(CLOCK_BOOTTIME) - awake;
	return start > asleep ? start - asleep : 1;
}

uint64_t pdiag_monotonic_to_realtime(uint64_t time)
{
	return now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC) + time;
}
