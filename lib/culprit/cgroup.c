/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/array.h"
#include "util/file.h"

/* Names of tasks are cut at this length by the kernel. */
#define COMM_MAX 15

/* Is `want` one of the controllers, "a,b,c"? */
static bool has_controller(const char *list, size_t len, const char *want)
{
	size_t n = strlen(want);

	for (const char *p = list; p + n <= list + len; p++)
		if (!memcmp(p, want, n) && (p == list || p[-1] == ',') &&
			(p + n == list + len || p[n] == ','))
			return true;
	return false;
}

/* How much the path of a line is wanted, 0: not at all. */
static int rank(const char *line, size_t len, const char **path)
{
	static const char *const controllers[] = { "memory", "cpu", "perf_event" };
	const char *first = memchr(line, ':', len), *second;
	size_t n;

	second = first ? memchr(first + 1, ':', len - (size_t)(first + 1 - line)) : NULL;
	if (!second)
		return 0;
	*path = second + 1;
	n = (size_t)(second - first - 1);
	if (!n)
		return 1 + (int)PDIAG_COUNT(controllers);
	for (int i = (int)PDIAG_COUNT(controllers); i-- > 0;)
		if (has_controller(first + 1, n, controllers[i]))
			return 1 + i;
	return 0;
}

/* With version 1 a process has a path for each controller, and mostly the root's for those that
 * are not in use: any other says more. */
void pdiag_cgroup_parse(const char *text, char *path, size_t size)
{
	const char *line, *end, *found;
	int best = 0, r;
	size_t len;

	*path = '\0';
	for (line = text; (end = strchr(line, '\n')); line = end + 1) {
		r = rank(line, (size_t)(end - line), &found);
		len = r ? (size_t)(end - found) : 0;
		if (len > 1)
			r += 16;
		if (r <= best || !len || len >= size)
			continue;
		best = r;
		memcpy(path, found, len);
		path[len] = '\0';
	}
}

static bool is_called(int32_t pid, const char *process)
{
	char path[64], comm[64];
	int len;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	len = pdiag_file_read(path, comm, sizeof(comm));
	if (len > 0 && comm[len - 1] == '\n')
		comm[len - 1] = '\0';
	return len > 0 && !strncmp(comm, process, COMM_MAX);
}

static void ask_proc(void *user, int32_t pid, const char *process, char *path, size_t size)
{
	char name[64], text[8192];

	(void)user;
	*path = '\0';
	if (pid <= 0 || !is_called(pid, process))
		return;
	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	if (pdiag_file_read(name, text, sizeof(text)) > 0)
		pdiag_cgroup_parse(text, path, size);
}

const struct pdiag_cgroups pdiag_cgroups_of_proc = { .ask = ask_proc };
