/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/number.h"

#include <time.h>

#include "util/array.h"

void pdiag_number_grouped(struct pdiag_text *t, uint64_t v)
{
	char digits[32];
	size_t n = sizeof(digits);
	unsigned int count = 0;

	do {
		if (count && count % 3 == 0)
			digits[--n] = ',';
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
		count++;
	} while (v);
	pdiag_text_add(t, digits + n, sizeof(digits) - n);
}

void pdiag_number_fixed(struct pdiag_text *t, uint64_t value, unsigned int decimals)
{
	char digits[32];
	size_t n = sizeof(digits);

	for (unsigned int i = 0; i < decimals; i++) {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	}
	if (decimals)
		digits[--n] = '.';
	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	pdiag_text_add(t, digits + n, sizeof(digits) - n);
}

uint64_t pdiag_number_ratio(uint64_t part, uint64_t factor, uint64_t whole)
{
	unsigned __int128 r;

	if (!whole)
		return 0;
	r = ((unsigned __int128)part * factor + whole / 2) / whole;
	return r > UINT64_MAX ? UINT64_MAX : (uint64_t)r;
}

void pdiag_number_percent(struct pdiag_text *t, uint64_t part, uint64_t whole)
{
	pdiag_number_fixed(t, pdiag_number_ratio(part, 10000, whole), 2);
	pdiag_text_str(t, " %");
}

void pdiag_number_span(struct pdiag_text *t, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {
		{ 1000000000, " s" },
		{ 1000000, " ms" },
		{ 1000, " \xc2\xb5s" },
		{ 1, " ns" },
	};
	unsigned int i = 0, decimals;

	/* 999,999 ns is one millisecond when three digits are shown. */
	while (i + 1 < PDIAG_COUNT(units) && ns < units[i].ns - units[i].ns / 2000)
		i++;
	decimals = units[i].ns == 1 || ns >= 100 * units[i].ns ? 0 : ns >= 10 * units[i].ns ? 1 : 2;
	pdiag_number_fixed(t, pdiag_number_ratio(ns, decimals == 2 ? 100 : decimals ? 10 : 1,
		units[i].ns), decimals);
	pdiag_text_str(t, units[i].name);
}

void pdiag_number_date(struct pdiag_text *t, uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return;
	pdiag_text_printf(t, "%04d-%02d-%02d %02d:%02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
