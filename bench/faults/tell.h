/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_FAULTS_TELL_H
#define BENCH_FAULTS_TELL_H

#include <stdint.h>
#include <stdio.h>

#include <pdiag/pdiag.h>

/* To `file`, as score.py reads it; it was told at `now_ns`. */
void tell_event(FILE *file, struct pdiag_event *event, uint64_t now_ns);

#endif
