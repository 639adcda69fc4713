/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text being built. The first failure sticks and later calls do nothing. */
#ifndef PDIAG_UTIL_TEXT_H
#define PDIAG_UTIL_TEXT_H

#include <stddef.h>

struct pdiag_text {
	char *data; /* NUL-terminated once anything was added */
	size_t len, cap;
	int error; /* 0 or -ENOMEM */
};

void pdiag_text_add(struct pdiag_text *t, const char *data, size_t len);
void pdiag_text_str(struct pdiag_text *t, const char *s);
void pdiag_text_char(struct pdiag_text *t, char c);
void pdiag_text_u64(struct pdiag_text *t, unsigned long long v);
__attribute__((format(printf, 2, 3))) void pdiag_text_printf(struct pdiag_text *t,
	const char *fmt, ...);
void pdiag_text_free(struct pdiag_text *t);

#endif
