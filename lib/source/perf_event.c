/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_event.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "source/perf_layout.h"

int pdiag_perf_event_open(struct perf_event_attr *attr, int pid, int cpu, unsigned long flags)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, flags);

	return fd < 0 ? -errno : fd;
}

static void attr_on_cpu(struct perf_event_attr *attr, const struct pdiag_perf_choice *choice)
{
	attr->type = choice->hardware ? PERF_TYPE_HARDWARE : PERF_TYPE_SOFTWARE;
	attr->config = choice->hardware ? (uint64_t)PERF_COUNT_HW_CPU_CYCLES :
					  (uint64_t)PERF_COUNT_SW_CPU_CLOCK;
	attr->freq = 1;
	attr->sample_freq = choice->hz;
}

static void attr_off_cpu(struct perf_event_attr *attr)
{
	attr->type = PERF_TYPE_SOFTWARE;
	attr->config = PERF_COUNT_SW_CONTEXT_SWITCHES;
	attr->sample_period = 1;
	attr->context_switch = 1;
}

/* An event that never happens; what comes with it does. */
static void attr_tasks(struct perf_event_attr *attr)
{
	attr->type = PERF_TYPE_SOFTWARE;
	attr->config = PERF_COUNT_SW_DUMMY;
	attr->sample_type &= ~(uint64_t)PERF_SAMPLE_CALLCHAIN;
	attr->sample_max_stack = 0;
	attr->mmap = attr->mmap2 = attr->comm = attr->comm_exec = attr->task = 1;
}

/* So that callers that frame pointers skip are found. */
static void attr_user(struct perf_event_attr *attr, enum pdiag_perf_kind kind, bool flight)
{
	attr->sample_type |= PDIAG_PERF_USER_TYPE;
	attr->sample_regs_user = PDIAG_PERF_USER_REGS;
	attr->sample_stack_user = pdiag_perf_stack_bytes(kind, flight);
}

void pdiag_perf_attr(struct perf_event_attr *attr, const struct pdiag_perf_choice *choice,
	const struct pdiag_source_config *config, const struct pdiag_perf_target *target,
	enum pdiag_perf_kind kind, uint32_t wakeup)
{
	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	attr->sample_type = PDIAG_PERF_SAMPLE_TYPE;
	attr->sample_max_stack = (uint16_t)choice->max_depth;
	if (kind == PDIAG_PERF_ON_CPU)
		attr_on_cpu(attr, choice);
	else if (kind == PDIAG_PERF_OFF_CPU)
		attr_off_cpu(attr);
	else
		attr_tasks(attr);
	if (choice->user && kind != PDIAG_PERF_TASKS)
		attr_user(attr, kind, config->flight_sec);
	attr->sample_id_all = 1;
	attr->disabled = 1;
	attr->exclude_idle = 1;
	attr->exclude_hv = 1;
	attr->exclude_kernel = !choice->kernel;
	attr->exclude_callchain_kernel = !choice->kernel;
	attr->use_clockid = 1;
	attr->clockid = CLOCK_MONOTONIC;
	attr->watermark = 1;
	attr->wakeup_watermark = wakeup;
	/* Each record before the last one, so that the newest are found first, and nobody woken. */
	if (config->flight_sec && kind != PDIAG_PERF_TASKS) {
		attr->write_backward = 1;
		attr->wakeup_watermark = UINT32_MAX;
	}
	if (!target->whole_cpus && !(config->flags & PDIAG_NO_INHERIT))
		attr->inherit = 1;
	if (target->command.pid > 0)
		attr->enable_on_exec = 1;
	if (choice->count_lost)
		attr->read_format = 1u << 4; /* PERF_FORMAT_LOST; older headers lack the name */
}

int pdiag_perf_event_fail(
	int err, const struct pdiag_source_config *config, enum pdiag_perf_kind kind)
{
	struct pdiag_perf_limits limits;

	pdiag_perf_limits_read(&limits);
	switch (err) {
	case EACCES:
	case EPERM:
		if (config->target == PDIAG_TARGET_SYSTEM || config->target == PDIAG_TARGET_CGROUP)
			return pdiag_fail(err,
				"sampling all tasks of a CPU or cgroup needs the "
				"capability CAP_PERFMON, or kernel.perf_event_paranoid at 0 or "
				"less (it "
				"is %ld); run as root, or sample processes of your own",
				limits.paranoid);
		if (kind == PDIAG_PERF_OFF_CPU)
			return pdiag_fail(err,
				"off-CPU sampling sees the kernel switch tasks, which "
				"needs the capability CAP_PERFMON, or kernel.perf_event_paranoid "
				"at 1 or "
				"less (it is %ld)",
				limits.paranoid);
		return pdiag_fail(err,
			"not allowed to sample this process: it belongs to another user, "
			"or kernel.perf_event_paranoid (%ld) is above 2; the capability "
			"CAP_PERFMON (with "
			"CAP_SYS_PTRACE for processes of others) or root gives it",
			limits.paranoid);
	case ESRCH:
		return pdiag_fail(err, "process or thread %d has ended", config->pid);
	case EMFILE:
	case ENFILE:
		return pdiag_fail(err,
			"too many open files: an event a thread and CPU is needed; raise "
			"RLIMIT_NOFILE (ulimit -n), or sample the whole machine");
	case ENOSYS:
	case EOPNOTSUPP:
		return pdiag_fail(err, "this kernel has no perf events (CONFIG_PERF_EVENTS)");
	case ENOMEM:
		return pdiag_fail_memory("opening perf events");
	case EBADF:
		return pdiag_fail(EINVAL, "%s is no cgroup that perf can sample", config->cgroup);
	default:
		return pdiag_fail(err, "the kernel refuses the perf event: %s", strerror(err));
	}
}

/* Change one thing that `err` may be about; false if there is nothing left to try. */
static bool fall_back(struct pdiag_perf_choice *c, int err, enum pdiag_perf_kind kind)
{
	struct pdiag_perf_limits limits;

	switch (err) {
	case EACCES:
	case EPERM:
		if (!c->kernel || kind == PDIAG_PERF_OFF_CPU)
			return false;
		c->kernel = false;
		return true;
	case EINVAL:
		/* The rate limit may have been lowered by the kernel since it was read. */
		pdiag_perf_limits_read(&limits);
		if (kind == PDIAG_PERF_ON_CPU && c->hz > limits.max_rate) {
			c->hz = limits.max_rate;
			return true;
		}
		if (c->count_lost) {
			c->count_lost = false;
			return true;
		}
		/* fall through */
	case EOPNOTSUPP:
	case ENOSYS:
		/* What was given up before was not it. */
		if (c->user) {
			c->user = false;
			c->count_lost = true;
			return true;
		}
		/* fall through */
	default:
		if (!c->hardware || err == ESRCH || err == EMFILE || err == ENOMEM)
			return false;
		c->hardware = false;
		c->user = PDIAG_PERF_USER_REGS;
		c->count_lost = true;
		return true;
	}
}

int pdiag_perf_event_first(struct pdiag_perf_choice *choice,
	const struct pdiag_source_config *config, const struct pdiag_perf_target *target,
	enum pdiag_perf_kind kind, uint32_t wakeup)
{
	struct perf_event_attr attr;
	uint32_t id = 0;
	bool again;
	int fd;

	do {
		pdiag_perf_attr(&attr, choice, config, target, kind, wakeup);
		fd = pdiag_perf_event_open(&attr, target->ids[id], target->cpus[0], target->flags);
		/* The first thread may have ended while the others go on. */
		again = fd == -ESRCH && id + 1 < target->id_count;
		id += again;
	} while (again || (fd < 0 && fall_back(choice, -fd, kind)));
	return fd < 0 ? pdiag_perf_event_fail(-fd, config, kind) : fd;
}
