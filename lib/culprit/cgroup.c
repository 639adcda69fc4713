/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/cgroup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "culprit/cgroup_memory.h"
#include "process/proc_text.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/file.h"

/* What the kernel writes behind the path of a cgroup that is removed. */
#define DELETED " (deleted)"

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

static void cut_mark(char *path)
{
	size_t len = strlen(path), mark = strlen(DELETED);

	if (len > mark && !strcmp(path + len - mark, DELETED))
		path[len - mark] = '\0';
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
	cut_mark(path);
}

/* ---- /proc ---- */

/* A process as it is now. */
struct alive {
	struct pdiag_proc_stat stat;
	uint64_t began; /* CLOCK_MONOTONIC */
};

static bool read_stat(const char *root, int32_t pid, struct pdiag_proc_stat *stat)
{
	char name[128], text[2048];

	snprintf(name, sizeof(name), "%s/%d/stat", root, pid);
	return pdiag_file_read(name, text, sizeof(text)) > 0 && pdiag_proc_stat_parse(text, stat);
}

/* Its start is counted by a clock that goes on in suspends: before one, it seems earlier. */
static uint64_t began(const struct pdiag_proc_stat *stat)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t tick_ns = PDIAG_SECOND_NS / (uint64_t)(hz > 0 ? hz : 100), start, ahead;

	/* In this order it is never below 0. */
	ahead = pdiag_clock_ns(CLOCK_MONOTONIC);
	ahead = pdiag_clock_ns(CLOCK_BOOTTIME) - ahead;
	if (stat->start_ticks > UINT64_MAX / tick_ns)
		return UINT64_MAX;
	start = stat->start_ticks * tick_ns;
	return start > ahead ? start - ahead : 0;
}

/* False: it is not there, or it is not the one that is meant. */
static bool read_alive(const char *root, const struct pdiag_cgroup_question *q, struct alive *a,
	char *path, size_t size)
{
	struct pdiag_proc_stat after;
	char name[128], text[8192];

	*path = '\0';
	if (!read_stat(root, q->pid, &a->stat) ||
		strncmp(a->stat.comm, q->process, PDIAG_COMM_SIZE - 1))
		return false;
	a->began = began(&a->stat);
	if (a->began > q->to)
		return false;
	snprintf(name, sizeof(name), "%s/%d/cgroup", root, q->pid);
	if (pdiag_file_read(name, text, sizeof(text)) > 0)
		pdiag_cgroup_parse(text, path, size);
	/* Is the text that of the same process? */
	if (*path && read_stat(root, q->pid, &after) && after.start_ticks == a->stat.start_ticks)
		return true;
	*path = '\0';
	return false;
}

void pdiag_cgroup_ask_proc(
	void *user, const struct pdiag_cgroup_question *q, char *path, size_t size)
{
	const struct pdiag_cgroup_proc *proc = user;
	struct pdiag_cgroup_owner owner = { .pid = q->pid, .name = q->process };
	const char *known;
	struct alive a;
	bool alive;

	*path = '\0';
	if (q->pid <= 0)
		return;
	alive = read_alive(proc->root, q, &a, path, size);
	/* Who has ended and is not waited for may be shown in the root by now. */
	if (alive && a.stat.state != 'Z' && a.stat.state != 'X') {
		owner.began = a.began;
		owner.seen = pdiag_clock_ns(CLOCK_MONOTONIC);
		pdiag_cgroup_remember(proc->memory, &owner, path);
		return;
	}
	known = pdiag_cgroup_recall(proc->memory, q->pid, q->process, q->from, q->to);
	if (known && strlen(known) < size)
		memcpy(path, known, strlen(known) + 1);
}
