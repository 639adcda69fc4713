/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

void pdiag_one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

int pdiag_fail(int err, const char *fmt, ...)
{
	char text[sizeof(message)];
	va_list args;

	/* By way of a second buffer, as an argument may be the last sentence itself. */
	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	pdiag_one_line(text);
	strcpy(message, text);
	return -err;
}

int pdiag_check_new(const void *handle, const void *out, const char *call, const char *name)
{
	if (!handle)
		return pdiag_fail(EINVAL, "%s: %s is NULL; give one that was made before", call,
			name);
	if (!out)
		return pdiag_fail(EINVAL, "%s: out is NULL; give a pointer for the result", call);
	return 0;
}

int pdiag_fail_memory(const char *what)
{
	return pdiag_fail(ENOMEM, "out of memory while %s", what);
}
