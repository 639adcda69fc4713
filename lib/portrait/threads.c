/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel counts for each thread alone: run delay, switches, migrations. The sum over
 * threads goes down when one ends, so each thread's numbers are kept and only what is new of it is
 * added to those of the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "portrait/portrait.h"
#include "util/array.h"

#define THREADS_MAX 2048u
#define FIRST PDIAG_FLOW_DELAY
#define COUNT (PDIAG_FLOWS - PDIAG_FLOW_DELAY)

struct tids {
	int32_t list[THREADS_MAX];
	uint32_t count;
	bool more;
};

static int add_tid(void *user, int32_t id, uint64_t inode)
{
	struct tids *t = user;

	(void)inode;
	if (t->count == THREADS_MAX)
		t->more = true;
	else
		t->list[t->count++] = id;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static int list_threads(struct pdiag_portraits *p, int32_t pid, struct tids *t)
{
	pdiag_auto_close int fd = -1;
	char path[32];
	int ret;

	snprintf(path, sizeof(path), "%d/task", pid);
	fd = openat(p->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE ? -errno : -ESRCH;
	t->count = 0;
	t->more = false;
	ret = pdiag_portrait_list(fd, p->names, PDIAG_PORTRAIT_BUFFER, add_tid, t);
	if (t->more)
		p->lacks |= PDIAG_PORTRAIT_LACKS_THREADS;
	qsort(t->list, t->count, sizeof(t->list[0]), by_number);
	return ret;
}

static int read_thread(
	struct pdiag_portraits *p, int32_t pid, int32_t tid, struct pdiag_reading *r)
{
	char name[40];
	long n;

	memset(r, 0, sizeof(*r));
	snprintf(name, sizeof(name), "task/%d/schedstat", tid);
	n = pdiag_portrait_text(p, pid, name);
	if (n == -EMFILE || n == -ENFILE || n == -ENOMEM)
		return (int)n;
	if (n > 0)
		pdiag_portrait_parse_schedstat(p->buffer, (size_t)n, r);
	snprintf(name, sizeof(name), "task/%d/status", tid);
	n = pdiag_portrait_text(p, pid, name);
	if (n > 0)
		pdiag_portrait_parse_status(p->buffer, (size_t)n, r);
	if (p->lacks & PDIAG_PORTRAIT_LACKS_SCHED)
		return 0;
	snprintf(name, sizeof(name), "task/%d/sched", tid);
	n = pdiag_portrait_text(p, pid, name);
	if (n > 0)
		pdiag_portrait_parse_sched(p->buffer, (size_t)n, r);
	return 0;
}

/* One thread's share of what is new. What began since the last look is new altogether. */
static void add(struct pdiag_reading *sum, const struct pdiag_portrait_thread *was, bool based,
	const struct pdiag_reading *r)
{
	for (uint32_t f = 0; f < COUNT; f++) {
		uint64_t now = r->flow[FIRST + f], before = was ? was->flow[f] : 0;
		uint32_t bit = 1u << (FIRST + f);

		if (!(r->have & bit))
			continue;
		sum->have |= bit;
		if (was ? was->have & bit && now >= before : based)
			sum->flow[FIRST + f] += now - before;
	}
}

static void keep(struct pdiag_portrait_thread *t, int32_t tid, const struct pdiag_reading *r)
{
	t->tid = tid;
	t->have = r->have;
	memcpy(t->flow, r->flow + FIRST, sizeof(t->flow));
}

/*
 * Is it known which threads there were at the last look? One that was not there then is new, and
 * all that it has counted.
 */
static int know_before(struct pdiag_portraits *p, struct pdiag_proc *proc, bool *known)
{
	struct pdiag_past *past = proc->past;

	*known = proc->based;
	if (past->thread_count || !proc->based || !proc->looked)
		return 0;
	*known = proc->threads == 1;
	if (!*known)
		return 0;
	/* So far, what the main thread counted was all. */
	if (pdiag_array_reserve(&past->threads, &past->thread_cap, 1, sizeof(*past->threads)))
		return -ENOMEM;
	p->bytes += past->thread_cap * sizeof(*past->threads);
	past->threads[0] = (struct pdiag_portrait_thread){ .tid = proc->pid, .have = proc->have };
	memcpy(past->threads[0].flow, proc->base + FIRST, sizeof(past->threads[0].flow));
	past->thread_count = 1;
	return 0;
}

/* The new numbers of threads take the place of the old ones. */
static void replace(struct pdiag_portraits *p, struct pdiag_past *past,
	struct pdiag_portrait_thread *kept, uint32_t count, uint32_t cap)
{
	p->bytes += cap * sizeof(*kept);
	p->bytes -= past->thread_cap * sizeof(*kept);
	free(past->threads);
	past->threads = kept;
	past->thread_count = count;
	past->thread_cap = cap;
}

static int read_all(struct pdiag_portraits *p, const struct pdiag_proc *proc, const struct tids *t,
	struct pdiag_portrait_thread *kept, uint32_t *count, bool known, struct pdiag_reading *sum)
{
	const struct pdiag_past *past = proc->past;
	struct pdiag_reading one;
	uint32_t old = 0;
	int ret = 0;

	for (uint32_t i = 0; !ret && i < t->count; i++) {
		ret = read_thread(p, proc->pid, t->list[i], &one);
		if (ret || !one.have)
			continue;
		while (old < past->thread_count && past->threads[old].tid < t->list[i])
			old++;
		add(sum, old < past->thread_count && past->threads[old].tid == t->list[i] ?
			&past->threads[old] : NULL, known, &one);
		keep(&kept[(*count)++], t->list[i], &one);
	}
	return ret;
}

int pdiag_portrait_read_threads(
	struct pdiag_portraits *p, struct pdiag_proc *proc, struct pdiag_reading *r)
{
	struct pdiag_portrait_thread *kept;
	struct pdiag_reading sum = { .have = 0 };
	uint32_t n = 0;
	struct tids t;
	bool known;
	int ret = list_threads(p, proc->pid, &t);

	if (!ret && !t.count)
		ret = -ESRCH;
	if (!ret)
		ret = know_before(p, proc, &known);
	if (ret)
		return ret;
	kept = calloc(t.count, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	/* One of those that were too many is no new one. */
	ret = read_all(p, proc, &t, kept, &n, known && !t.more && !proc->past->cut, &sum);
	if (ret) {
		free(kept);
		return ret;
	}
	replace(p, proc->past, kept, n, t.count);
	proc->past->cut = t.more;
	for (uint32_t f = FIRST; f < PDIAG_FLOWS; f++)
		r->flow[f] = proc->base[f] + sum.flow[f];
	r->have = (r->have & ((1u << FIRST) - 1)) | sum.have;
	r->begun = !known;
	return 0;
}
