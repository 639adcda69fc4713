/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dump without the kernel module: states from /proc/PID/task/TID/stat, kernel stacks from
 * .../stack where it may be read. That gives names and offsets; /proc/kallsyms makes addresses of
 * them.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "process/proc_text.h"
#include "symbol/kallsyms.h"
#include "tasks/tasks.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/table.h"

#define DEPTH 64 /* the kernel shows no more */

struct proc_dump {
	struct pdiag_dump *dump;
	struct pdiag_symbol_table names;
	struct pdiag_table by_name; /* entries of names */
	bool all, kernel;
	uint64_t hz;
};

static const char *entry_name(const struct pdiag_symbol_table *t, size_t i)
{
	const struct pdiag_symbol_entry *e = &t->entries[i];

	return t->text + (e->size & PDIAG_ENTRY_PART ? t->parts[e->name].name : e->name);
}

static uint64_t name_hash(const char *name)
{
	return pdiag_hash_bytes(0, name, strlen(name));
}

static int index_names(struct proc_dump *p)
{
	int ret = 0;

	for (size_t i = 0; i < p->names.count && !ret; i++)
		ret = pdiag_table_insert(
			&p->by_name, name_hash(entry_name(&p->names, i)), (uint32_t)i);
	return ret;
}

/* Where the kernel's function begins; 0: not known. */
static uint64_t address_of(const struct proc_dump *p, const char *name)
{
	uint64_t hash = name_hash(name);
	uint32_t at, i = pdiag_table_first(&p->by_name, hash, &at);

	while (i != PDIAG_TABLE_END && strcmp(entry_name(&p->names, i), name))
		i = pdiag_table_next(&p->by_name, hash, &at);
	return i == PDIAG_TABLE_END ? 0 : p->names.entries[i].start;
}

/* Lines "[<0>] name+0x12/0x34 [module]". Returns the words, marks included. */
static uint32_t read_stack(const struct proc_dump *p, const char *dir, uint64_t *ips)
{
	char path[80], text[8192], name[64];
	unsigned long long offset;
	const char *line;
	uint64_t address;
	uint32_t nr = 0;

	snprintf(path, sizeof(path), "%s/stack", dir);
	if (!p->kernel || pdiag_file_read(path, text, sizeof(text)) <= 0)
		return 0;
	ips[nr++] = PERF_CONTEXT_KERNEL;
	for (line = text; line && nr < DEPTH; line = strchr(line, '\n'), line += !!line) {
		if (sscanf(line, "[<%*[0-9a-fx]>] %63[^+]+0x%llx", name, &offset) != 2)
			continue;
		address = address_of(p, name);
		if (address)
			ips[nr++] = address + offset;
	}
	return nr > 1 ? nr : 0;
}

/* The CPU is the 39th field, the 37th behind the name. */
static int32_t cpu_of(const char *stat)
{
	const char *at = strrchr(stat, ')');
	int i;

	for (i = 0; at && i < 37; i++)
		at = strchr(at + 1, ' ');
	return at ? (int32_t)strtol(at, NULL, 10) : -1;
}

static int add_thread(struct proc_dump *p, int32_t pid, int32_t tid)
{
	char dir[64], path[80], text[1024];
	struct pdiag_dump_task task = { .pid = pid, .tid = tid };
	struct pdiag_proc_stat stat;
	uint64_t ips[DEPTH];
	uint32_t nr;

	snprintf(dir, sizeof(dir), "/proc/%d/task/%d", pid, tid);
	snprintf(path, sizeof(path), "%s/stat", dir);
	if (pdiag_file_read(path, text, sizeof(text)) <= 0)
		return 0;
	task.cpu = cpu_of(text);
	if (!pdiag_proc_stat_parse(text, &stat))
		return 0;
	p->dump->info.runnable += stat.state == 'R';
	p->dump->info.blocked += stat.state == 'D';
	if (!p->all && stat.state != 'R' && stat.state != 'D')
		return 0;
	nr = read_stack(p, dir, ips);
	task.letter = (unsigned char)stat.state;
	task.start = stat.start_ticks * (1000000000u / p->hz);
	memcpy(task.comm, stat.comm, sizeof(task.comm));
	return pdiag_dump_add(p->dump, &task, pdiag_clock_ns(CLOCK_MONOTONIC), ips, nr,
		stat.kernel_thread ? 0 : PDIAG_STACK_NO_USER);
}

static int32_t id_of(const char *name)
{
	return isdigit((unsigned char)name[0]) ? (int32_t)strtol(name, NULL, 10) : 0;
}

static int add_process(struct proc_dump *p, int32_t pid)
{
	const struct dirent *entry;
	int32_t tid, self = (int32_t)gettid();
	char path[32];
	DIR *dir;
	int ret = 0, one;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		tid = id_of(entry->d_name);
		/* Who looks runs; that tells nothing. */
		one = tid > 0 && tid != self ? add_thread(p, pid, tid) : 0;
		ret = one ? one : ret;
	}
	if (dir)
		closedir(dir);
	return ret;
}

static int add_all(struct proc_dump *p)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	int ret = 0, one;

	if (!dir)
		return pdiag_fail(errno, "/proc cannot be read: %s; is it mounted?",
			strerror(errno));
	while ((entry = readdir(dir))) {
		one = id_of(entry->d_name) > 0 ? add_process(p, id_of(entry->d_name)) : 0;
		ret = one ? one : ret;
	}
	closedir(dir);
	return ret;
}

static uint32_t load_of(void)
{
	char text[64];

	if (pdiag_file_read("/proc/loadavg", text, sizeof(text)) <= 0)
		return 0;
	return (uint32_t)(strtod(text, NULL) * 100 + 0.5);
}

/* Kernel stacks need the right to see them, and the kernel's names. */
static void open_names(struct proc_dump *p, bool user_only)
{
	char *limits = p->dump->limits;
	size_t size = sizeof(p->dump->limits);
	enum pdiag_reason reason = PDIAG_REASON_NONE;

	p->kernel = !user_only && !access("/proc/self/stack", R_OK) && !geteuid() &&
		!pdiag_kallsyms_load("/proc/kallsyms", &p->names, &reason) &&
		reason == PDIAG_REASON_NONE && !index_names(p);
	snprintf(limits, size, "no user stacks%s: there is no kernel module (/dev/pdiag)%s",
		p->kernel || user_only ? "" : " nor kernel stacks",
		p->kernel || user_only ? "" : ", and /proc/PID/stack is for root");
}

int pdiag_tasks_proc_dump(struct pdiag_tasks *t, uint64_t id)
{
	uint64_t began = pdiag_clock_ns(CLOCK_MONOTONIC);
	struct proc_dump p = { .all = t->options.flags & PDIAG_TASKS_ALL };
	long hz = sysconf(_SC_CLK_TCK);
	int ret = pdiag_dump_new(t->context, "proc", began, &p.dump);

	if (ret)
		return ret;
	p.hz = hz > 0 ? (uint64_t)hz : 100;
	p.dump->info.id = id;
	p.dump->info.load = load_of();
	open_names(&p, t->options.flags & PDIAG_TASKS_USER_ONLY);
	ret = add_all(&p);
	pdiag_symbol_table_free(&p.names);
	pdiag_table_free(&p.by_name);
	/* Tasks that there was no memory for are counted. */
	if (ret && ret != -ENOMEM) {
		pdiag_dump_free(p.dump);
		return ret;
	}
	pdiag_dump_finish(p.dump, pdiag_clock_ns(CLOCK_MONOTONIC));
	p.dump->info.took_ns = pdiag_clock_ns(CLOCK_MONOTONIC) - began;
	pdiag_tasks_whole(t, p.dump);
	return 0;
}
