/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /proc says about processes, as records. They go to the seed function first and through
 * pdiag_processes_update() then, so that they mean the same in a replay:
 *
 *	COMM		the process, or a thread, is there and has this name
 *	COMM, GONE	there is no such process, or none that still has memory
 *	FORK		it is a kernel thread
 *	MMAP		it has this mapped; PDIAG_PATH_DENIED: all of it may not be read
 */
#include "process/seed.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "process/module_kind.h"
#include "process/proc_maps.h"
#include "process/tasks.h"
#include "util/file.h"
#include "util/clock.h"

#define HOUR 3600000000000ull

struct seeding {
	struct pdiag_processes *p;
	int32_t pid, tid;
	uint64_t time;
};

static int emit(const struct seeding *s, struct pdiag_record *r)
{
	r->flags |= PDIAG_RECORD_SEEDED;
	r->cpu = -1;
	r->pid = s->pid;
	r->tid = s->tid;
	r->time = s->time;
	/* A recording that fails keeps its own error; the table goes on. */
	if (s->p->seed)
		s->p->seed(s->p->seed_user, r);
	return pdiag_processes_update(s->p, r);
}

static int emit_comm(const struct seeding *s, const char *text, uint16_t flags)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_COMM, .flags = flags };

	r.comm.text = text;
	return emit(s, &r);
}

static int emit_map(void *user, const struct pdiag_proc_map *map)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_MMAP };

	pdiag_proc_map_fill(map, &r);
	return emit(user, &r);
}

static int emit_denied(const struct seeding *s)
{
	char path[] = PDIAG_PATH_DENIED;
	struct pdiag_proc_map all = { .end = UINT64_MAX, .path = path };

	return emit_map((void *)(uintptr_t)s, &all);
}

static int emit_kernel_thread(const struct seeding *s, int32_t ppid)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_FORK };

	r.fork.ppid = r.fork.ptid = ppid;
	return emit(s, &r);
}

/* Began the process of this number only after `time`? Then it is not the one that is meant. */
static bool started_after(const struct pdiag_proc_stat *stat, uint64_t time)
{
	uint64_t now = pdiag_clock_ns(CLOCK_MONOTONIC);
	uint64_t slept = pdiag_clock_ns(CLOCK_BOOTTIME) - now;
	long hz = sysconf(_SC_CLK_TCK);

	/* A time of another clock (a time namespace, a test) says nothing. */
	if (!time || time > now || now - time > HOUR)
		return false;
	/* Rounded down to a tick by the kernel: if it is still above, it was later. */
	return hz > 0 && stat->start_ticks / (uint64_t)hz < INT32_MAX &&
		stat->start_ticks * (1000000000u / (uint64_t)hz) > time + slept;
}

/* The pid or tid that a directory of /proc is named by; 0: it is another. */
static int32_t id_of(const char *name)
{
	char *end;
	long pid;

	if (!isdigit((unsigned char)name[0]))
		return 0;
	errno = 0;
	pid = strtol(name, &end, 10);
	return errno || *end || pid > INT32_MAX ? 0 : (int32_t)pid;
}

/* A thread other than the main one; 0: none. */
static int32_t other_thread(int32_t pid)
{
	const struct dirent *entry;
	char path[32];
	int32_t tid = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (!tid || tid == pid) && (entry = readdir(dir)))
		tid = id_of(entry->d_name);
	if (dir)
		closedir(dir);
	return tid == pid ? 0 : tid;
}

/* Its main thread has ended: does it go on without? */
static bool main_ended(const struct pdiag_proc_stat *stat)
{
	return stat->state == 'Z' && stat->threads > 1;
}

static int seed_maps(struct seeding *s, const struct pdiag_proc_stat *stat)
{
	int32_t tid = main_ended(stat) ? other_thread(s->pid) : s->pid;
	int ret = pdiag_proc_maps_each(tid, emit_map, s);

	switch (ret) {
	case -EACCES:
		return emit_denied(s);
	case -ESRCH:
		return emit_comm(s, stat->comm, PDIAG_RECORD_GONE);
	default:
		return ret < 0 ? -ENOMEM : 0;
	}
}

/* 0: *stat is filled; -ESRCH: no such process. */
static int read_stat(int32_t pid, struct pdiag_proc_stat *stat)
{
	char path[32], text[1024];
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	ret = pdiag_file_read(path, text, sizeof(text));
	if (ret == -EMFILE || ret == -ENFILE || ret == -ENOMEM)
		return -ENOMEM;
	return ret > 0 && pdiag_proc_stat_parse(text, stat) ? 0 : -ESRCH;
}

int pdiag_seed_process(struct pdiag_processes *p, int32_t pid, uint64_t time, uint64_t started_by)
{
	struct seeding s = { .p = p, .pid = pid, .tid = pid, .time = time };
	struct pdiag_process_entry *e;
	struct pdiag_proc_stat stat;
	int ret = read_stat(pid, &stat);

	if (ret == -ENOMEM)
		return ret;
	if (ret || (started_after(&stat, started_by)))
		return emit_comm(&s, p->exited, PDIAG_RECORD_GONE);
	ret = emit_comm(&s, stat.comm, 0);
	if (!ret)
		ret = stat.kernel_thread ? emit_kernel_thread(&s, stat.ppid) :
					   seed_maps(&s, &stat);
	/* Half of it is no seed: let it be tried again. */
	e = ret ? pdiag_tasks_process(p, pid) : NULL;
	if (e)
		e->process.seeded = false;
	return ret;
}

int pdiag_seed_thread(struct pdiag_processes *p, int32_t pid, int32_t tid, uint64_t time)
{
	struct seeding s = { .p = p, .pid = pid, .tid = tid, .time = time };
	char path[64], text[128], comm[PDIAG_COMM_SIZE];
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	ret = pdiag_file_read(path, text, sizeof(text));
	if (ret <= 0)
		return 0;
	/* The newline is the file's, not the name's. */
	pdiag_proc_comm(comm, text, (size_t)ret - 1);
	return emit_comm(&s, comm, 0);
}

int pdiag_processes_seed(struct pdiag_processes *p, int32_t pid, uint64_t time)
{
	const struct pdiag_process_entry *e = pdiag_tasks_process(p, pid);

	if (!p->live || pid <= 0 || (e && (e->process.seeded || e->process.gone)))
		return 0;
	return pdiag_seed_process(p, pid, time, 0);
}

int pdiag_processes_seed_threads(struct pdiag_processes *p, int32_t pid, uint64_t budget_ns,
	uint64_t time)
{
	uint64_t start = pdiag_clock_ns(CLOCK_MONOTONIC);
	const struct dirent *entry;
	char path[48];
	int32_t tid;
	int ret = 0;
	DIR *dir;

	if (!p->live || pid <= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && !ret && pdiag_clock_ns(CLOCK_MONOTONIC) - start < budget_ns &&
		(entry = readdir(dir))) {
		tid = id_of(entry->d_name);
		if (tid > 0 && !pdiag_tasks_thread(p, tid))
			ret = pdiag_seed_thread(p, pid, tid, time);
	}
	if (dir)
		closedir(dir);
	return ret;
}

int pdiag_processes_sweep(struct pdiag_processes *p, bool threads, uint64_t budget_ns,
	uint64_t time)
{
	uint64_t start = pdiag_clock_ns(CLOCK_MONOTONIC);
	const struct dirent *entry;
	int32_t pid;
	int ret;

	if (!p->live || p->swept)
		return 0;
	if (!p->sweep)
		p->sweep = opendir("/proc");
	if (!p->sweep)
		return -errno;
	do {
		entry = readdir(p->sweep);
		if (!entry) {
			closedir(p->sweep);
			p->sweep = NULL;
			p->swept = true;
			return 0;
		}
		pid = id_of(entry->d_name);
		ret = pdiag_processes_seed(p, pid, time);
		if (!ret && threads)
			ret = pdiag_processes_seed_threads(p, pid, budget_ns, time);
		if (ret)
			return ret;
	} while (pdiag_clock_ns(CLOCK_MONOTONIC) - start < budget_ns);
	return 1;
}
