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

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (hz <= 0 || pdiag_file_read(path, text, sizeof(text)) <= 0 ||
		!pdiag_proc_stat_parse(text, &stat))
		return 0;
	/* The first process of all began in the first tick. */
	return stat.start_ticks * (SECOND / (uint64_t)hz) + 1;
}

uint64_t pdiag_boottime_to_monotonic(uint64_t time)
{
	/* In this order the time that the machine was suspended is never too little. */
	uint64_t awake = now(CLOCK_MONOTONIC), asleep = now(CLOCK_BOOTTIME) - awake;

	return time > asleep ? time - asleep : 1;
}

uint64_t pdiag_monotonic_to_realtime(uint64_t time)
{
	return now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC) + time;
}
