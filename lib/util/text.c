/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

static int room(struct pdiag_text *t, size_t len)
{
	if (!t->error && (len >= (size_t)-1 - t->len ||
				 pdiag_array_reserve(&t->data, &t->cap, t->len + len + 1, 1)))
		t->error = -ENOMEM;
	return t->error;
}

void pdiag_text_add(struct pdiag_text *t, const char *data, size_t len)
{
	if (room(t, len))
		return;
	if (len)
		memcpy(t->data + t->len, data, len);
	t->len += len;
	t->data[t->len] = '\0';
}

void pdiag_text_str(struct pdiag_text *t, const char *s)
{
	pdiag_text_add(t, s, strlen(s));
}

void pdiag_text_char(struct pdiag_text *t, char c)
{
	pdiag_text_add(t, &c, 1);
}

void pdiag_text_u64(struct pdiag_text *t, unsigned long long v)
{
	char digits[24];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	pdiag_text_add(t, digits + n, sizeof(digits) - n);
}

void pdiag_text_printf(struct pdiag_text *t, const char *fmt, ...)
{
	va_list args, again;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len < 0)
		t->error = t->error ? t->error : -ENOMEM;
	else if (!room(t, (size_t)len)) {
		vsnprintf(t->data + t->len, (size_t)len + 1, fmt, again);
		t->len += (size_t)len;
	}
	va_end(again);
	va_end(args);
}

void pdiag_text_free(struct pdiag_text *t)
{
	free(t->data);
	*t = (struct pdiag_text){ 0 };
}
