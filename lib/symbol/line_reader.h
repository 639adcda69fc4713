/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of a file, read in large blocks. A line that is too long is cut, not an error. */
#ifndef PDIAG_SYMBOL_LINE_READER_H
#define PDIAG_SYMBOL_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PDIAG_LINE_BUFFER ((size_t)256 * 1024)
/* The longest line that is given whole. */
#define PDIAG_LINE_MAX ((size_t)66 * 1024)

struct pdiag_line_reader {
	int fd;
	char *buf;
	size_t pos, end;
	uint64_t left; /* bytes that may still be read */
	bool eof;
	bool cut; /* the last line given goes on */
	int error; /* of read(), negative; lines before it are given */
};

/* Read `fd`, which stays the caller's, from where it stands, up to `limit` bytes. -ENOMEM. */
int pdiag_line_reader_init(struct pdiag_line_reader *r, int fd, uint64_t limit);
/* The next line without its newline, with a NUL behind it, valid until the next call. */
bool pdiag_line_reader_next(struct pdiag_line_reader *r, char **line, size_t *len);
void pdiag_line_reader_free(struct pdiag_line_reader *r);

/* A hexadecimal number at *p, which is moved behind it. False if there is none or it has more
 * than 64 bits. */
bool pdiag_parse_hex(const char **p, const char *end, uint64_t *value);

#endif
