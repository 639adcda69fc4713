/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recorded metrics: rows of "time,value,..." under a row of names, as bench_record writes them. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdint.h>

#define ROWS_COLUMNS 40u

struct rows_column {
	char name[64];
	double resolution; /* least change that matters */
	double unit;	   /* a standard deviation, from quantiles; at least the resolution */
	double *value;
};

struct rows {
	struct rows_column column[ROWS_COLUMNS]; /* of those it knows a resolution for */
	uint32_t columns, count;
	uint64_t *time_ns;
};

/* NULL: told on stderr. */
struct rows *rows_read(const char *path);
void rows_free(struct rows *rows);

#endif
