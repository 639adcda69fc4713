/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why the kernel drops packets, in its own words: the numbers differ between kernels, and the
 * format of the tracepoint kfree_skb has the names, as "{ NUMBER, "NAME" }".
 */
#include <stdlib.h>
#include <string.h>

#include "probe/probe.h"
#include "util/file.h"

/* More reasons than this no kernel has. */
#define REASONS_MAX 1024u
#define FORMAT_MAX (256u << 10)

static char *read_format(void)
{
	static const char *const paths[] = {
		"/sys/kernel/tracing/events/skb/kfree_skb/format",
		"/sys/kernel/debug/tracing/events/skb/kfree_skb/format",
	};
	char *text = malloc(FORMAT_MAX);

	for (int i = 0; text && i < 2; i++)
		if (pdiag_file_read(paths[i], text, FORMAT_MAX) > 0)
			return text;
	free(text);
	return NULL;
}

/* The next pair, or false. *at goes behind it. */
static bool next_pair(const char **at, struct pdiag_drop_reason *out)
{
	const char *open, *name;
	char *end;
	size_t len;

	while ((open = strchr(*at, '{'))) {
		*at = open + 1;
		out->number = strtoull(open + 1, &end, 0);
		if (end == open + 1 || strncmp(end, ", \"", 3) != 0)
			continue;
		name = end + 3;
		len = strcspn(name, "\"");
		*at = name + len;
		if (!len || len >= sizeof(out->name))
			continue;
		memcpy(out->name, name, len);
		out->name[len] = '\0';
		return true;
	}
	return false;
}

static void read_reasons(struct pdiag_probe *p)
{
	char *format = read_format();
	const char *at = format ? strstr(format, "print fmt:") : NULL;

	p->reasons_read = true;
	if (at)
		p->reasons = calloc(REASONS_MAX, sizeof(*p->reasons));
	while (p->reasons && p->reason_count < REASONS_MAX &&
		next_pair(&at, &p->reasons[p->reason_count]))
		p->reason_count++;
	free(format);
}

const char *pdiag_probe_reason(struct pdiag_probe *p, uint64_t number)
{
	if (!p->reasons_read)
		read_reasons(p);
	for (size_t i = 0; i < p->reason_count; i++)
		if (p->reasons[i].number == number)
			return p->reasons[i].name;
	return NULL;
}
