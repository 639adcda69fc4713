/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/perf_map.h"

#include <errno.h>
#include <string.h>

#include "symbol/line_reader.h"

/* Bounds the memory that short lines can ask for. */
#define LINES_MAX ((uint32_t)8 << 20)

static bool skip_blanks(const char **p, const char *end)
{
	const char *s = *p;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	if (s == *p)
		return false;
	*p = s;
	return true;
}

static bool parse_number(const char **p, const char *end, uint64_t *value)
{
	if (end - *p > 2 && (*p)[0] == '0' && ((*p)[1] | 0x20) == 'x')
		*p += 2;
	return pdiag_parse_hex(p, end, value);
}

static bool parse(const char *p, const char *end, struct pdiag_symbol_draft *d, const char **name,
	size_t *len)
{
	uint64_t size;

	if (!parse_number(&p, end, &d->start) || !skip_blanks(&p, end) ||
		!parse_number(&p, end, &size) || !skip_blanks(&p, end) || !size)
		return false;
	d->size = size > PDIAG_SYMBOL_SIZE_MAX ? PDIAG_SYMBOL_SIZE_MAX : (uint32_t)size;
	while (end > p && (end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\t'))
		end--;
	*name = p;
	*len = strnlen(p, (size_t)(end - p));
	return *len;
}

int pdiag_perf_map_read(int fd, struct pdiag_symbol_table *table)
{
	struct pdiag_symbol_draft d = { 0 };
	struct pdiag_line_reader lines;
	const char *name;
	char *line, *text;
	size_t len;
	int ret;

	ret = pdiag_line_reader_init(&lines, fd, PDIAG_PERF_MAP_MAX);
	while (!ret && d.rank < LINES_MAX && pdiag_line_reader_next(&lines, &line, &len)) {
		if (!parse(line, line + len, &d, &name, &len))
			continue;
		text = pdiag_symbol_table_text(table, len, &d.name);
		if (text)
			memcpy(text, name, len);
		ret = text ? pdiag_symbol_table_add(table, &d) : -ENOMEM;
		d.rank++;
	}
	pdiag_line_reader_free(&lines);
	return ret ? ret : pdiag_symbol_table_finish_latest(table);
}
