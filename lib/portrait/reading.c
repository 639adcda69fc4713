/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of /proc/PID, read and taken apart. Nothing in them is trusted. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "metric/scan.h"
#include "portrait/portrait.h"
#include "util/array.h"

#define BIT(flow) (1u << (flow))

static void count(struct pdiag_reading *r, enum pdiag_flow flow, uint64_t value)
{
	r->flow[flow] = value;
	r->have |= BIT(flow);
}

/* ---- texts ---- */

static char *add_number(char *to, uint32_t v)
{
	char digits[12];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	memcpy(to, digits + n, sizeof(digits) - n);
	return to + sizeof(digits) - n;
}

long pdiag_portrait_text(struct pdiag_portraits *p, int32_t pid, const char *name)
{
	size_t len = strlen(name), size = PDIAG_PORTRAIT_BUFFER - 1;
	char path[80], *end;
	ssize_t n;
	int fd;

	if (len > 60)
		return -EINVAL;
	end = add_number(path, (uint32_t)pid);
	*end++ = '/';
	memcpy(end, name, len + 1);
	fd = openat(p->proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do
		n = read(fd, p->buffer, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n >= 0)
		p->buffer[n] = '\0';
	return n;
}

/* ---- stat ---- */

/* Fields of stat behind the name, from 0. */
enum { STATE, PPID, KERNEL = 6, MINOR, MAJOR = 9, USER = 11, SYSTEM, CHILD_USER, CHILD_SYSTEM,
	THREADS = 17, START = 19, RESIDENT = 21, BLOCKED = 39, FIELDS };

#define PF_KTHREAD 0x00200000u

/* Numbers, of which a few are negative and none of those is of interest. */
static size_t numbers(struct pdiag_scan *s, uint64_t *values, size_t n)
{
	const char *word;
	struct pdiag_scan field;
	size_t len, i;

	for (i = 0; i < n; i++) {
		len = pdiag_scan_word(s, &word);
		if (!len)
			break;
		field = (struct pdiag_scan){ word, word + len };
		if (!pdiag_scan_digits(&field, &values[i]) || field.p != field.end)
			values[i] = *word == '-' ? 0 : UINT64_MAX;
	}
	return i;
}

/* Below this no sum of a few of them overflows; no counter of time or bytes gets there. */
#define SANE (UINT64_MAX >> 4)

static bool take_stat(struct pdiag_reading *r, const uint64_t *v, size_t n)
{
	static const struct {
		uint8_t field, flow;
	} flows[] = { { MINOR, PDIAG_FLOW_MINOR }, { MAJOR, PDIAG_FLOW_MAJOR },
		{ USER, PDIAG_FLOW_USER }, { SYSTEM, PDIAG_FLOW_SYSTEM } };

	if (n <= RESIDENT || v[PPID] > INT32_MAX || v[THREADS] > INT32_MAX || v[START] >= SANE)
		return false;
	for (size_t i = 0; i < PDIAG_COUNT(flows); i++)
		if (v[flows[i].field] < SANE)
			count(r, flows[i].flow, v[flows[i].field]);
	if (v[CHILD_USER] < SANE && v[CHILD_SYSTEM] < SANE)
		count(r, PDIAG_FLOW_CHILDREN, v[CHILD_USER] + v[CHILD_SYSTEM]);
	if (n > BLOCKED && v[BLOCKED] < SANE)
		count(r, PDIAG_FLOW_BLOCKED, v[BLOCKED]);
	r->ppid = (int32_t)v[PPID];
	r->threads = (uint32_t)v[THREADS];
	r->start = v[START];
	r->resident = v[RESIDENT] < SANE >> 16 ? v[RESIDENT] : 0; /* pages as yet */
	r->kernel = v[KERNEL] & PF_KTHREAD;
	return true;
}

/* The name is between the first and the last parenthesis, and may hold any of them. */
bool pdiag_portrait_parse_stat(const char *text, size_t len, struct pdiag_reading *r)
{
	struct pdiag_scan s = { text, text + len }, line;
	const char *name, *end, *state;
	uint64_t values[FIELDS] = { 0 };
	size_t n;

	/* A name may have newlines in it; the end is then found from behind. */
	if (!len || text[len - 1] != '\n')
		return false;
	line = (struct pdiag_scan){ s.p, s.end - 1 };
	name = memchr(line.p, '(', len);
	end = memrchr(line.p, ')', len);
	if (!name || !end || end < name)
		return false;
	name++;
	n = (size_t)(end - name);
	if (n > sizeof(r->comm) - 1)
		n = sizeof(r->comm) - 1;
	memset(r->comm, 0, sizeof(r->comm));
	memcpy(r->comm, name, n);
	line.p = end + 1;
	if (pdiag_scan_word(&line, &state) != 1)
		return false;
	r->state = *state;
	n = numbers(&line, values + PPID, FIELDS - PPID);
	return take_stat(r, values, n + PPID);
}

/* ---- the others ---- */

/* "RAN DELAYED TIMES" */
bool pdiag_portrait_parse_schedstat(const char *text, size_t len, struct pdiag_reading *r)
{
	struct pdiag_scan s = { text, text + len }, line;
	uint64_t values[2];

	if (!pdiag_scan_line(&s, &line) || pdiag_scan_u64s(&line, values, 2) != 2 ||
		values[0] >= SANE || values[1] >= SANE)
		return false;
	r->run_ns = values[0];
	r->has_run = true;
	count(r, PDIAG_FLOW_DELAY, values[1]);
	return true;
}

struct key {
	const char *name;
	uint32_t flow;
};

/* Lines of a name and a number, in any order; how many of the names were there. */
static uint32_t keys(const char *text, size_t len, const struct key *names, size_t n,
	struct pdiag_reading *r)
{
	struct pdiag_scan s = { text, text + len }, line;
	const char *word;
	uint32_t found = 0;
	uint64_t value;
	size_t size;

	while (found < n && pdiag_scan_line(&s, &line)) {
		size = pdiag_scan_word(&line, &word);
		for (size_t i = 0; i < n; i++) {
			if (!pdiag_scan_is(word, size, names[i].name))
				continue;
			if (pdiag_scan_u64(&line, &value) && value < SANE) {
				count(r, names[i].flow, value);
				found++;
			}
			break;
		}
	}
	return found;
}

bool pdiag_portrait_parse_io(const char *text, size_t len, struct pdiag_reading *r)
{
	static const struct key names[] = { { "syscr:", PDIAG_FLOW_CALLS_READ },
		{ "syscw:", PDIAG_FLOW_CALLS_WRITE }, { "read_bytes:", PDIAG_FLOW_READ },
		{ "write_bytes:", PDIAG_FLOW_WRITE } };

	return keys(text, len, names, PDIAG_COUNT(names), r) > 0;
}

bool pdiag_portrait_parse_status(const char *text, size_t len, struct pdiag_reading *r)
{
	static const struct key names[] = {
		{ "voluntary_ctxt_switches:", PDIAG_FLOW_VOLUNTARY },
		{ "nonvoluntary_ctxt_switches:", PDIAG_FLOW_INVOLUNTARY } };
	const char *from = text, *uid, *last;
	struct pdiag_scan s;
	uint64_t value;

	uid = memmem(text, len, "\nUid:", 5);
	if (uid) {
		s = (struct pdiag_scan){ uid + 5, text + len };
		r->has_uid = pdiag_scan_u64(&s, &value) && value <= UINT32_MAX;
		r->uid = r->has_uid ? (uint32_t)value : 0;
	}
	/* They are the last of sixty lines. */
	last = memmem(text, len, "\nvoluntary_ctxt", 15);
	if (last)
		from = last + 1;
	return keys(from, len - (size_t)(from - text), names, PDIAG_COUNT(names), r) > 0;
}

/* "se.nr_migrations          :          12" */
bool pdiag_portrait_parse_sched(const char *text, size_t len, struct pdiag_reading *r)
{
	const char *at = memmem(text, len, "nr_migrations", 13);
	struct pdiag_scan s;
	uint64_t value;

	if (!at)
		return false;
	s = (struct pdiag_scan){ at + 13, text + len };
	pdiag_scan_blanks(&s);
	if (!pdiag_scan_skip(&s, ":") || !pdiag_scan_u64(&s, &value) || value >= SANE)
		return false;
	count(r, PDIAG_FLOW_MIGRATIONS, value);
	return true;
}

/* ---- reading ---- */

/* What stops a whole sample, and what says that the process is gone. */
static int failure(long n)
{
	return n == -EMFILE || n == -ENFILE || n == -ENOMEM ? (int)n : -ESRCH;
}

int pdiag_portrait_read_stat(struct pdiag_portraits *p, int32_t pid, struct pdiag_reading *r)
{
	long n = pdiag_portrait_text(p, pid, "stat");

	memset(r, 0, sizeof(*r));
	if (n < 0)
		return failure(n);
	if (!pdiag_portrait_parse_stat(p->buffer, (size_t)n, r))
		return -ESRCH;
	r->resident *= p->page;
	return 0;
}

int pdiag_portrait_read_run(struct pdiag_portraits *p, int32_t pid, struct pdiag_reading *r)
{
	long n = pdiag_portrait_text(p, pid, "schedstat");

	r->has_run = false;
	if (n < 0)
		return failure(n);
	return pdiag_portrait_parse_schedstat(p->buffer, (size_t)n, r) ? 0 : -ESRCH;
}

typedef bool (*parse_fn)(const char *text, size_t len, struct pdiag_reading *r);

static bool is_there(const struct pdiag_portraits *p, int32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "%d/stat", pid);
	return !faccessat(p->proc_fd, path, F_OK, 0);
}

/* A file that may be missing or closed to us: then so is what it has. */
static int read_optional(struct pdiag_portraits *p, int32_t pid, const char *name, parse_fn parse,
	struct pdiag_reading *r, uint32_t lacks)
{
	long n = pdiag_portrait_text(p, pid, name);

	if (n == -EMFILE || n == -ENFILE || n == -ENOMEM)
		return (int)n;
	/* Or the process has ended meanwhile. */
	if (n == -EACCES || n == -EPERM || (n == -ENOENT && is_there(p, pid)))
		p->lacks |= lacks;
	if (n >= 0)
		parse(p->buffer, (size_t)n, r);
	return 0;
}

int pdiag_portrait_read(struct pdiag_portraits *p, int32_t pid, struct pdiag_reading *r)
{
	int ret = pdiag_portrait_read_stat(p, pid, r);

	if (!ret)
		ret = read_optional(p, pid, "schedstat", pdiag_portrait_parse_schedstat, r,
			PDIAG_PORTRAIT_LACKS_SCHEDSTAT);
	if (!ret)
		ret = read_optional(p, pid, "status", pdiag_portrait_parse_status, r, 0);
	if (!ret)
		ret = read_optional(p, pid, "io", pdiag_portrait_parse_io, r,
			PDIAG_PORTRAIT_LACKS_IO);
	if (!ret && !(p->lacks & PDIAG_PORTRAIT_LACKS_SCHED))
		ret = read_optional(p, pid, "sched", pdiag_portrait_parse_sched, r,
			PDIAG_PORTRAIT_LACKS_SCHED);
	if (!p->run_counted)
		r->have &= ~BIT(PDIAG_FLOW_DELAY);
	if (p->lacks & PDIAG_PORTRAIT_LACKS_DELAYACCT)
		r->have &= ~BIT(PDIAG_FLOW_BLOCKED);
	return ret;
}

/* ---- once ---- */

static char *keep(struct pdiag_portraits *p, const char *text, size_t len)
{
	char *kept = malloc(len + 1);

	if (!kept)
		return NULL;
	memcpy(kept, text, len);
	kept[len] = '\0';
	p->bytes += len + 1;
	return kept;
}

#define COMMAND_BYTES 256

/* Words are apart by NULs. */
static char *read_command(struct pdiag_portraits *p, int32_t pid)
{
	long n = pdiag_portrait_text(p, pid, "cmdline");
	size_t len = n > 0 ? (size_t)n : 0;

	if (len > COMMAND_BYTES)
		len = COMMAND_BYTES;
	while (len && !p->buffer[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		if (!p->buffer[i])
			p->buffer[i] = ' ';
	return keep(p, p->buffer, len);
}

/* "0::/system.slice/cron.service", of version 2; else the first line's. */
static char *read_cgroup(struct pdiag_portraits *p, int32_t pid)
{
	long n = pdiag_portrait_text(p, pid, "cgroup");
	struct pdiag_scan s = { p->buffer, p->buffer + (n > 0 ? n : 0) }, line;
	const char *best = "", *at;
	size_t len = 0;

	while (pdiag_scan_line(&s, &line)) {
		bool second = pdiag_scan_skip(&line, "0::");

		at = second ? line.p : memchr(line.p, '/', (size_t)(line.end - line.p));
		if (!at || (!second && len))
			continue;
		best = at;
		len = (size_t)(line.end - at);
		if (second)
			break;
	}
	return keep(p, best, len < COMMAND_BYTES ? len : COMMAND_BYTES);
}

void pdiag_portrait_read_texts(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	if (!proc->command)
		proc->command = read_command(p, proc->pid);
	if (!proc->cgroup)
		proc->cgroup = read_cgroup(p, proc->pid);
}

void pdiag_portrait_forget_texts(struct pdiag_portraits *p, struct pdiag_proc *proc)
{
	p->bytes -= proc->command ? strlen(proc->command) + 1 : 0;
	p->bytes -= proc->cgroup ? strlen(proc->cgroup) + 1 : 0;
	free(proc->command);
	free(proc->cgroup);
	proc->command = proc->cgroup = NULL;
}
