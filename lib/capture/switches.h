/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is off the CPU since when, with which stack: pairs the two ends of an absence. */
#ifndef PDIAG_CAPTURE_SWITCHES_H
#define PDIAG_CAPTURE_SWITCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/table.h"

struct pdiag_absence {
	int32_t pid, tid;
	int32_t cpu;	 /* that it left */
	uint32_t stack;	 /* raw */
	uint64_t since;
	bool preempted;
};

struct pdiag_switches {
	struct pdiag_table index; /* by tid */
	struct pdiag_absence *list;
	size_t count, cap;
};

/* A thread leaves with a stack. *before: when it had left before, if it was not seen to return
 * since; else 0. 0 or -ENOMEM. */
int pdiag_switches_leave(struct pdiag_switches *s, const struct pdiag_absence *absence,
	uint64_t *before);
/* It left because another was given the CPU, though it wanted to run. */
void pdiag_switches_preempted(struct pdiag_switches *s, int32_t tid);
/* Is it away? *out: since when. */
bool pdiag_switches_find(const struct pdiag_switches *s, int32_t tid, struct pdiag_absence *out);
/* A thread is back: its absence is taken out and given in *out. False: it was not seen to leave. */
bool pdiag_switches_return(struct pdiag_switches *s, int32_t tid, struct pdiag_absence *out);
void pdiag_switches_free(struct pdiag_switches *s);

#endif
