/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Portraits as an object: made, sampled, asked about itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/options.h"
#include "portrait/proofs.h"
#include "portrait/portrait.h"
#include "util/array.h"
#include "util/clock.h"

_Static_assert(sizeof(struct pdiag_portraits_info) ==
		sizeof(size_t) + 5 * 8 + 4 * 4 + sizeof(void *),
	"no holes in struct pdiag_portraits_info");

/* ---- making ---- */

static uint64_t machine_now(void *user, clockid_t id)
{
	(void)user;
	return pdiag_clock_ns(id);
}

/* The clock of a process is open to all. It is asked by number: see is_own_proc(). */
static int machine_cpu(void *user, int32_t pid, uint64_t *ns)
{
	struct timespec t;

	(void)user;
	/* As the kernel makes it: a process, and not a thread; time by the scheduler. */
	if (clock_gettime((clockid_t)(~(uint32_t)pid << 3 | 2), &t))
		return -errno;
	*ns = (uint64_t)t.tv_sec * PDIAG_SECOND_NS + (uint64_t)t.tv_nsec;
	return 0;
}

/* Is it the proc of our own numbers of processes? */
static bool is_own_proc(const struct pdiag_portraits *p)
{
	char self[16], own[16];
	ssize_t n = readlinkat(p->proc_fd, "self", self, sizeof(self));
	int len = snprintf(own, sizeof(own), "%d", getpid());

	return n == len && !memcmp(self, own, (size_t)n);
}

static void destroy(struct pdiag_child *child)
{
	struct pdiag_portraits *p = pdiag_container(child, struct pdiag_portraits, child);

	for (size_t i = 0; i < p->count; i++) {
		pdiag_portrait_drop_past(p, &p->procs[i]);
		pdiag_portrait_forget_texts(p, &p->procs[i]);
	}
	if (p->proc_fd >= 0)
		close(p->proc_fd);
	pdiag_proofs_free(p->proofs);
	pdiag_table_free(&p->index);
	free(p->procs);
	free(p->due);
	free(p->buffer);
	free(p->names);
	free(p);
}

void pdiag_portraits_free(struct pdiag_portraits *portraits)
{
	if (!portraits)
		return;
	pdiag_child_remove(&portraits->child);
	destroy(&portraits->child);
}

static int open_proc(struct pdiag_portraits *p, const char *root)
{
	pdiag_auto_close int fd = -1;
	const char *path = root && *root ? root : "/";

	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		p->proc_fd = openat(fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->proc_fd >= 0)
		return 0;
	return pdiag_fail(errno, "cannot open proc in %s: %s; is it mounted there?", path,
		strerror(errno));
}

/* Does the kernel count how long tasks wait for storage? Where it cannot be asked, it may. */
static void ask_delayacct(struct pdiag_portraits *p)
{
	long n = 0;
	char text[8] = "1";
	int fd = openat(p->proc_fd, "sys/kernel/task_delayacct", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		n = read(fd, text, sizeof(text));
		close(fd);
	}
	if (n > 0 && text[0] == '0')
		p->lacks |= PDIAG_PORTRAIT_LACKS_DELAYACCT;
}

static void set_window(struct pdiag_portraits *p, const struct pdiag_portraits_options *o)
{
	uint64_t samples = (o->window_s * 1000ull + o->interval_ms - 1) / o->interval_ms;

	p->interval_ns = o->interval_ms * 1000000ull;
	p->bucket_samples = (uint32_t)((samples + PDIAG_PORTRAIT_BUCKETS - 1) /
		PDIAG_PORTRAIT_BUCKETS);
	p->bucket_count = (uint32_t)((samples + p->bucket_samples - 1) / p->bucket_samples);
}

static int prepare(struct pdiag_portraits *p, const struct pdiag_portraits_options *o)
{
	long hz = sysconf(_SC_CLK_TCK), page = sysconf(_SC_PAGESIZE);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct pdiag_reading r;
	int ret;

	p->pid = o->pid;
	p->max = o->max;
	p->flags = o->flags;
	p->window_s = o->window_s;
	p->tick_ns = PDIAG_SECOND_NS / (uint64_t)(hz > 0 ? hz : 100);
	p->page = (uint64_t)(page > 0 ? page : 4096);
	p->cpus = (uint32_t)(cpus > 0 ? cpus : 1);
	set_window(p, o);
	p->buffer = malloc(PDIAG_PORTRAIT_BUFFER);
	p->names = malloc(PDIAG_PORTRAIT_BUFFER);
	if (!p->buffer || !p->names)
		return pdiag_fail_memory("making portraits");
	ret = open_proc(p, o->root);
	if (ret)
		return ret;
	if (p->clock.now == machine_now && is_own_proc(p))
		p->clock.cpu = machine_cpu;
	ask_delayacct(p);
	ret = p->pid ? pdiag_portrait_read_stat(p, p->pid, &r) : 0;
	return ret == -ESRCH ? pdiag_fail(ESRCH, "there is no process %d", p->pid) : ret;
}

int pdiag_portraits_make(struct pdiag *context, const struct pdiag_portraits_options *options,
	const struct pdiag_portrait_clock *clock, struct pdiag_portraits **out)
{
	struct pdiag_portraits_options o;
	struct pdiag_portraits *p;
	int ret = pdiag_portraits_options_check(&o, options);

	if (ret)
		return ret;
	p = calloc(1, sizeof(*p));
	if (!p)
		return pdiag_fail_memory("making portraits");
	p->context = context;
	p->proc_fd = -1;
	p->clock = clock ? *clock : (struct pdiag_portrait_clock){ .now = machine_now };
	ret = prepare(p, &o);
	if (ret) {
		destroy(&p->child);
		return ret;
	}
	pdiag_child_add(context, &p->child, destroy);
	*out = p;
	return 0;
}

int pdiag_portraits_new(struct pdiag *context, const struct pdiag_portraits_options *options,
	struct pdiag_portraits **out)
{
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	return ret ? ret : pdiag_portraits_make(context, options, NULL, out);
}

/* ---- a sample ---- */

static void sum_up(struct pdiag_portraits *p, uint64_t at, uint64_t cost)
{
	p->info.samples++;
	p->info.cost_ns = cost;
	p->info.time_ns = at;
	p->info.processes = (uint32_t)p->count;
	p->info.threads = 0;
	for (size_t i = 0; i < p->count; i++)
		p->info.threads += p->procs[i].threads;
	p->info.bytes = sizeof(*p) + 2 * PDIAG_PORTRAIT_BUFFER + p->cap * sizeof(*p->procs) +
		p->due_cap * sizeof(*p->due) + pdiag_table_bytes(&p->index) + p->bytes;
	pdiag_portrait_limits(p);
}

int pdiag_portraits_sample(struct pdiag_portraits *p)
{
	uint64_t began = pdiag_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t at = p->clock.now(p->clock.user, CLOCK_MONOTONIC);
	int ret;

	pdiag_error_clear();
	if (p->sample && at - p->info.time_ns < p->interval_ns / 2)
		return 0;
	if (p->sample && at - p->info.time_ns >= p->interval_ns + p->interval_ns / 2)
		p->info.late++;
	p->boot_ns = p->clock.now(p->clock.user, CLOCK_BOOTTIME) - at;
	p->sample++;
	p->info.ended = 0;
	/* Zeros everywhere are no count. */
	p->run_counted = p->sample <= 2 || p->run_seen;
	if (!p->run_counted)
		p->lacks |= PDIAG_PORTRAIT_LACKS_SCHEDSTAT;
	ret = pdiag_portrait_walk(p);
	sum_up(p, at, pdiag_clock_ns(CLOCK_THREAD_CPUTIME_ID) - began);
	if (ret == -ENOMEM)
		return pdiag_fail_memory("sampling processes; some are missing");
	return ret ? pdiag_fail(-ret, "cannot list processes: %s", strerror(-ret)) : 1;
}

/* ---- about itself ---- */

void pdiag_portrait_limits(struct pdiag_portraits *p)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} texts[] = {
		{ PDIAG_PORTRAIT_LACKS_IO, "storage and calls of some processes are not known: "
			"their /proc/PID/io may not be read" },
		{ PDIAG_PORTRAIT_LACKS_DELAYACCT, "the kernel does not count how long tasks wait "
			"for storage: sysctl kernel.task_delayacct=1 switches it on" },
		{ PDIAG_PORTRAIT_LACKS_SCHED, "no migrations: there is no /proc/PID/sched" },
		{ PDIAG_PORTRAIT_LACKS_SCHEDSTAT, "no run delay: the kernel does not count it "
			"(CONFIG_SCHED_INFO)" },
		{ PDIAG_PORTRAIT_LACKS_ROOM, "there are more processes than max" },
		{ PDIAG_PORTRAIT_LACKS_THREADS, "of a process with many threads only the first "
			"2,048 are looked at" },
	};
	size_t len = 0;

	p->limits[0] = '\0';
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (p->lacks & texts[i].bit && len < sizeof(p->limits))
			len += (size_t)snprintf(p->limits + len, sizeof(p->limits) - len, "%s%s",
				len ? "; " : "", texts[i].text);
}

int pdiag_portraits_get_info(
	const struct pdiag_portraits *portraits, struct pdiag_portraits_info *info)
{
	struct pdiag_portraits_info all = portraits->info;

	pdiag_error_clear();
	all.limits = portraits->limits;
	return PDIAG_INFO_COPY(info, &all, limits, "pdiag_portraits_info");
}
