/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers and words out of a text of /proc, by hand: of known length, without a NUL. */
#ifndef PDIAG_METRIC_SCAN_H
#define PDIAG_METRIC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pdiag_scan {
	const char *p, *end;
};

/* Take the next line off the text; it is without its newline. What has none is cut, and so may be
 * the last number in it: that is no line. */
static inline bool pdiag_scan_line(struct pdiag_scan *text, struct pdiag_scan *line)
{
	const char *newline = NULL;

	if (text->p < text->end)
		newline = memchr(text->p, '\n', (size_t)(text->end - text->p));
	if (!newline)
		return false;
	line->p = text->p;
	line->end = newline;
	text->p = newline + 1;
	return true;
}

static inline void pdiag_scan_blanks(struct pdiag_scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
}

/* The next word, up to a blank; its length, 0 at the end. */
static inline size_t pdiag_scan_word(struct pdiag_scan *s, const char **word)
{
	pdiag_scan_blanks(s);
	*word = s->p;
	while (s->p < s->end && *s->p != ' ' && *s->p != '\t')
		s->p++;
	return (size_t)(s->p - *word);
}

static inline bool pdiag_scan_is(const char *word, size_t len, const char *what)
{
	return len == strlen(what) && !memcmp(word, what, len);
}

/* Skip what the line has to begin with. */
static inline bool pdiag_scan_skip(struct pdiag_scan *s, const char *what)
{
	size_t len = strlen(what);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, what, len))
		return false;
	s->p += len;
	return true;
}

/* The digits that come next, without a blank before them. False: none, or more than 64 bits. */
static inline bool pdiag_scan_digits(struct pdiag_scan *s, uint64_t *value)
{
	const char *start = s->p;
	uint64_t v = 0;
	bool fits = true;

	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++) {
		uint64_t digit = (uint64_t)(*s->p - '0');

		if (v > (UINT64_MAX - digit) / 10)
			fits = false;
		v = v * 10 + digit;
	}
	*value = v;
	return fits && s->p > start;
}

static inline bool pdiag_scan_u64(struct pdiag_scan *s, uint64_t *value)
{
	pdiag_scan_blanks(s);
	return pdiag_scan_digits(s, value);
}

/* Up to n numbers in a row; how many there were. */
static inline size_t pdiag_scan_u64s(struct pdiag_scan *s, uint64_t *values, size_t n)
{
	size_t i = 0;

	while (i < n && pdiag_scan_u64(s, &values[i]))
		i++;
	return i;
}

/* Such as "12.34". */
static inline bool pdiag_scan_decimal(struct pdiag_scan *s, double *value)
{
	double unit = 1;
	uint64_t whole;

	if (!pdiag_scan_u64(s, &whole))
		return false;
	*value = (double)whole;
	if (s->p == s->end || *s->p != '.')
		return true;
	for (s->p++; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++) {
		unit /= 10;
		*value += (*s->p - '0') * unit;
	}
	return true;
}

#endif
