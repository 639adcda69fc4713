/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the perf map of a process is, and whether it may be believed. */
#include "symbol/perf_map.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "process/reach.h"
#include "symbol/process_start.h"
#include "util/array.h"

/* What is known of the process that has the module's pid now. */
struct owner {
	uint64_t start; /* ns, CLOCK_MONOTONIC; 0: there is none */
	bool same;	/* it is the module's */
	uid_t uid;
};

static void find_owner(const struct pdiag_module *m, struct owner *o)
{
	char path[64];
	struct stat st;

	*o = (struct owner){ .start = pdiag_process_start(m->pid) };
	if (o->start)
		o->start = pdiag_boottime_to_monotonic(o->start);
	snprintf(path, sizeof(path), "/proc/%d", m->pid);
	if (!o->start || stat(path, &st))
		return;
	/* Born may be when it was first seen, but never before it began. */
	o->same = !m->born || o->start <= m->born;
	o->uid = st.st_uid;
}

/* When the pid has been given to another process, a map written since is that one's. */
static bool stale(const struct owner *o, const struct stat *st)
{
	uint64_t written = (uint64_t)st->st_mtim.tv_sec * 1000000000u +
		(uint64_t)st->st_mtim.tv_nsec;

	return o->start && !o->same && written >= pdiag_monotonic_to_realtime(o->start);
}

static int check(int fd, const struct owner *o, struct stat *st)
{
	if (fstat(fd, st) || !S_ISREG(st->st_mode) || st->st_size < 0 || stale(o, st))
		return PDIAG_REASON_NO_PERF_MAP;
	if (st->st_uid && st->st_uid != geteuid() && !(o->same && st->st_uid == o->uid))
		return PDIAG_REASON_NO_PERMISSION;
	return PDIAG_REASON_NONE;
}

static int open_in(const char *dir, int dir_flags, int pid, const struct owner *o, struct stat *st)
{
	pdiag_auto_close int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC | dir_flags),
			     path = -1;
	char name[32];
	int fd, reason;

	if (at < 0)
		return -PDIAG_REASON_NO_PERF_MAP;
	snprintf(name, sizeof(name), "perf-%d.map", pid);
	/*
	 * A link must not lead us elsewhere, a pipe not hold us; and a device, which a container's
	 * root can make, may do things already when it is opened.
	 */
	path = openat(at, name, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	if (path < 0)
		return errno == EACCES ? -PDIAG_REASON_NO_PERMISSION : -PDIAG_REASON_NO_PERF_MAP;
	reason = check(path, o, st);
	if (reason)
		return -reason;
	fd = pdiag_reach_again(path);
	if (fd >= 0 || fd == -PDIAG_REASON_NO_PERMISSION)
		return fd;
	return -PDIAG_REASON_NO_PERF_MAP;
}

int pdiag_perf_map_open(const struct pdiag_module *module, const char *dir, struct stat *st)
{
	struct owner owner;
	char root[64];
	int fd;

	find_owner(module, &owner);
	if (dir)
		return open_in(dir, 0, module->pid, &owner, st);
	if (owner.same) {
		snprintf(root, sizeof(root), "/proc/%d/root/tmp", module->pid);
		/* A link there would be followed from our root, not from the process's. */
		fd = open_in(root, O_NOFOLLOW, module->ns_pid ? module->ns_pid : module->pid,
			&owner, st);
		if (fd != -PDIAG_REASON_NO_PERF_MAP)
			return fd;
	}
	return open_in("/tmp", 0, module->pid, &owner, st);
}
