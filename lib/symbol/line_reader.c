/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int pdiag_line_reader_init(struct pdiag_line_reader *r, int fd, uint64_t limit)
{
	*r = (struct pdiag_line_reader){ .fd = fd, .left = limit };
	r->buf = malloc(PDIAG_LINE_BUFFER + 1);
	return r->buf ? 0 : -ENOMEM;
}

/* Files of /proc give a page at a time, so go on until there is a block. */
static void fill(struct pdiag_line_reader *r)
{
	size_t want;
	ssize_t n;

	memmove(r->buf, r->buf + r->pos, r->end - r->pos);
	r->end -= r->pos;
	r->pos = 0;
	while (!r->eof && r->end < PDIAG_LINE_BUFFER) {
		want = PDIAG_LINE_BUFFER - r->end;
		if (want > r->left)
			want = (size_t)r->left;
		n = want ? read(r->fd, r->buf + r->end, want) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r->error = -errno;
		if (n <= 0) {
			r->eof = true;
			break;
		}
		r->end += (size_t)n;
		r->left -= (size_t)n;
	}
}

/* Go behind the newline of a line that was cut. */
static void skip_rest(struct pdiag_line_reader *r)
{
	char *newline;

	r->cut = false;
	while (!(newline = memchr(r->buf + r->pos, '\n', r->end - r->pos))) {
		r->pos = r->end;
		if (r->eof)
			return;
		fill(r);
	}
	r->pos = (size_t)(newline - r->buf) + 1;
}

bool pdiag_line_reader_next(struct pdiag_line_reader *r, char **line, size_t *len)
{
	char *newline;

	if (r->cut)
		skip_rest(r);
	newline = memchr(r->buf + r->pos, '\n', r->end - r->pos);
	if (!newline && !r->eof) {
		fill(r);
		newline = memchr(r->buf, '\n', r->end);
	}
	if (r->pos == r->end)
		return false;
	*line = r->buf + r->pos;
	*len = newline ? (size_t)(newline - *line) : r->end - r->pos;
	r->pos = newline ? r->pos + *len + 1 : r->end;
	r->cut = !newline && !r->eof;
	if (*len > PDIAG_LINE_MAX)
		*len = PDIAG_LINE_MAX;
	(*line)[*len] = '\0';
	return true;
}

void pdiag_line_reader_free(struct pdiag_line_reader *r)
{
	free(r->buf);
	r->buf = NULL;
}

/* The value of a digit plus one; 0: it is none. */
static const unsigned char digits[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
	['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15,
	['f'] = 16, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool pdiag_parse_hex(const char **p, const char *end, uint64_t *value)
{
	const char *s = *p;
	uint64_t v = 0;
	unsigned int digit;

	for (; s < end && (digit = digits[(unsigned char)*s]); s++) {
		if (v >> 60)
			return false;
		v = v << 4 | (digit - 1);
	}
	if (s == *p)
		return false;
	*p = s;
	*value = v;
	return true;
}
