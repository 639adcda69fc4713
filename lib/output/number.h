/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers as people read them, the same in every locale of the host program. */
#ifndef PDIAG_OUTPUT_NUMBER_H
#define PDIAG_OUTPUT_NUMBER_H

#include <stdint.h>

#include "util/text.h"

/* 1,234,567 */
void pdiag_number_grouped(struct pdiag_text *t, uint64_t v);
/* value / 10^decimals: (t, 1234, 2) is 12.34. decimals: at most 9 */
void pdiag_number_fixed(struct pdiag_text *t, uint64_t value, unsigned int decimals);
/* part of whole in percent with two decimals and the sign: "12.34 %". whole 0: "0.00 %" */
void pdiag_number_percent(struct pdiag_text *t, uint64_t part, uint64_t whole);
/* A span of time with three digits or more: "1.23 s", "45.6 ms", "789 µs", "12 ns" */
void pdiag_number_span(struct pdiag_text *t, uint64_t ns);
/* "2026-03-01 12:34:56 UTC" */
void pdiag_number_date(struct pdiag_text *t, uint64_t realtime_ns);

/* part * 10^k / whole, rounded, for k of percent and less; saturates. whole 0: 0 */
uint64_t pdiag_number_ratio(uint64_t part, uint64_t factor, uint64_t whole);

#endif
