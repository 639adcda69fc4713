/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Long enough for two paths of 255 characters and a sentence around them. */
static _Thread_local char message[1024];

const char *pdiag_errmsg(void)
{
	return message;
}

void pdiag_error_clear(void)
{
	message[0] = '\0';
}

int pdiag_fail(int err, const char *fmt, ...)
{
	char text[sizeof(message)];
	va_list args;

	/* By way of a second buffer, as an argument may be the last sentence itself. */
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (size_t i = 0; i < sizeof(text); i++) {
		message[i] = text[i];
		if (!text[i])
			break;
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			message[i] = '?';
	}
	return -err;
}

int pdiag_fail_memory(const char *what)
{
	return pdiag_fail(ENOMEM, "out of memory while %s", what);
}
