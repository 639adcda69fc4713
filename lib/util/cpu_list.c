/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/cpu_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static const char *skip_blanks(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static const char *number(const char *p, int *out)
{
	long v = 0;

	if (!isdigit((unsigned char)*p))
		return NULL;
	for (; isdigit((unsigned char)*p); p++) {
		v = v * 10 + (*p - '0');
		if (v > PDIAG_CPU_MAX)
			return NULL;
	}
	*out = (int)v;
	return p;
}

/* Mark the CPUs of one range; returns what follows it, or NULL. */
static const char *range(const char *p, bool *set)
{
	int first, last;

	p = number(skip_blanks(p), &first);
	if (!p)
		return NULL;
	last = first;
	if (*p == '-')
		p = number(p + 1, &last);
	if (!p || last < first)
		return NULL;
	for (int cpu = first; cpu <= last; cpu++)
		set[cpu] = true;
	return skip_blanks(p);
}

int pdiag_cpu_list_parse(const char *text, int **cpus, uint32_t *count)
{
	bool *set = calloc(PDIAG_CPU_MAX + 1, sizeof(*set));
	const char *p = text;
	int ret = -EINVAL;

	*cpus = NULL;
	*count = 0;
	if (!set)
		return -ENOMEM;
	do {
		p = range(p, set);
		if (!p)
			goto out;
	} while (*p++ == ',');
	if (p[-1])
		goto out;
	for (int cpu = 0; cpu <= PDIAG_CPU_MAX; cpu++)
		*count += set[cpu];
	*cpus = malloc(*count * sizeof(**cpus));
	ret = *cpus ? 0 : -ENOMEM;
	for (int cpu = 0, n = 0; !ret && cpu <= PDIAG_CPU_MAX; cpu++)
		if (set[cpu])
			(*cpus)[n++] = cpu;
out:
	free(set);
	return ret;
}
