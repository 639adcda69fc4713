/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine made of files: recorded metrics become the files that they are read from. */
#ifndef BENCH_FAULTS_GROUND_H
#define BENCH_FAULTS_GROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ground_file {
	GROUND_STAT, GROUND_LOADAVG, GROUND_SCHEDSTAT, GROUND_CPU, GROUND_MEMORY, GROUND_IO,
	GROUND_MEMINFO, GROUND_VMSTAT, GROUND_DISKS, GROUND_DEV, GROUND_SNMP, GROUND_NETSTAT,
	GROUND_SOFTNET, GROUND_FILES
};

#define GROUND_COLUMNS 256u

struct ground {
	char root[64];
	char *names[GROUND_COLUMNS];
	double values[GROUND_COLUMNS]; /* of now: a gauge's, or a rate */
	bool known[GROUND_COLUMNS];
	double sums[GROUND_COLUMNS];   /* of rates, so far */
	uint32_t columns;
	double busy[2], total; /* CPU time: of the busiest CPU, of the others; of each */
	int fds[GROUND_FILES];
	size_t lengths[GROUND_FILES];
};

/* A folder for it, in memory if there is such. `header`: names with tabs between. 0 or an errno. */
int ground_open(struct ground *g, char *header);
/* A row of values, for so many seconds. 0 or an errno. */
int ground_step(struct ground *g, const double *values, double seconds);
/* What no file tells: the metric as it is in the row; NaN: it is not. */
double ground_value(const struct ground *g, const char *name);
uint32_t ground_cpus(const struct ground *g);
void ground_close(struct ground *g);

#endif
