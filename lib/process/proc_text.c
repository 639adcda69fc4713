/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process/proc_text.h"

#include <string.h>

#define PF_KTHREAD 0x00200000u

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* Read a number at *p, followed by `end`, and step behind both. */
static bool number(char **p, int base, char end, uint64_t *out)
{
	uint64_t v = 0;
	char *s = *p;

	if (digit(*s) >= base)
		return false;
	for (; digit(*s) < base; s++)
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
			__builtin_add_overflow(v, (uint64_t)digit(*s), &v))
			return false;
	if (*s != end)
		return false;
	*p = s + (end != '\0');
	*out = v;
	return true;
}

/* A newline in a file name is shown as \012. */
static void unescape(char *path)
{
	char *to = path;

	for (; *path; path++)
		if (!strncmp(path, "\\012", 4)) {
			*to++ = '\n';
			path += 3;
		} else {
			*to++ = *path;
		}
	*to = '\0';
}

bool pdiag_proc_map_parse(char *text, size_t len, struct pdiag_proc_map *out)
{
	uint64_t major, minor;
	char *p = text;

	text[len] = '\0';
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	if (!number(&p, 16, '-', &out->start) || !number(&p, 16, ' ', &out->end))
		return false;
	if (strnlen(p, 5) < 5 || p[4] != ' ')
		return false;
	out->executable = p[2] == 'x';
	p += 5;
	if (!number(&p, 16, ' ', &out->pgoff) || !number(&p, 16, ':', &major) ||
		!number(&p, 16, ' ', &minor))
		return false;
	if (!number(&p, 10, ' ', &out->inode) && !number(&p, 10, '\0', &out->inode))
		return false;
	if (out->end <= out->start || major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	out->major = (uint32_t)major;
	out->minor = (uint32_t)minor;
	while (*p == ' ')
		p++;
	unescape(p);
	out->path = p;
	return true;
}

void pdiag_proc_comm(char out[PDIAG_COMM_SIZE], const char *text, size_t len)
{
	const char *colon, *work;

	len = strnlen(text, len);
	/* "kworker/u8:1-events_unbound", "kworker/0:2+usb" */
	colon = len > 8 && !memcmp(text, "kworker/", 8) ? memchr(text, ':', len) : NULL;
	for (work = colon; work && work < text + len; work++)
		if (*work == '-' || *work == '+') {
			len = (size_t)(work - text);
			break;
		}
	if (len > PDIAG_COMM_SIZE - 1)
		len = PDIAG_COMM_SIZE - 1;
	memcpy(out, text, len);
	out[len] = '\0';
}

bool pdiag_proc_stat_parse(char *text, struct pdiag_proc_stat *out)
{
	/* A name may hold anything, also ')' and newlines: the last one ends it. */
	char *open = strchr(text, '('), *close = strrchr(text, ')'), *p;
	uint64_t field = 0;

	if (!open || !close || close < open || close[1] != ' ' || !close[2] || close[3] != ' ')
		return false;
	out->state = close[2];
	p = close + 4;
	/* Fields 4 to 22; some of them are signed. */
	for (int i = 4; i <= 22; i++) {
		bool negative = *p == '-';

		p += negative;
		if (!number(&p, 10, ' ', &field))
			return false;
		if (i == 4)
			out->ppid = negative || field > INT32_MAX ? 0 : (int32_t)field;
		else if (i == 9)
			out->kernel_thread = field & PF_KTHREAD;
		else if (i == 20)
			out->threads = negative ? 0 : field;
	}
	out->start_ticks = field;
	pdiag_proc_comm(out->comm, open + 1, (size_t)(close - open - 1));
	return true;
}

int32_t pdiag_proc_ns_pid(const char *status)
{
	const char *p = strstr(status, "\nNSpid:");
	uint64_t pid = 0;

	for (p = p ? p + 7 : ""; *p == '\t' || *p == ' ' || digit(*p) < 10; p++)
		if (digit(*p) >= 10)
			pid = 0;
		else if (pid <= INT32_MAX)
			pid = pid * 10 + (uint64_t)digit(*p);
	return pid <= INT32_MAX ? (int32_t)pid : 0;
}
