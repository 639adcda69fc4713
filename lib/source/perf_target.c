/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/perf_target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/error.h"
#include "source/cgroup.h"
#include "util/array.h"
#include "util/cpu_list.h"
#include "util/file.h"

static int add_id(struct pdiag_perf_target *t, size_t *cap, int id)
{
	if (pdiag_array_reserve(&t->ids, cap, t->id_count + 1, sizeof(*t->ids)))
		return pdiag_fail_memory("listing threads");
	t->ids[t->id_count++] = id;
	return 0;
}

static int fail_gone(int32_t pid)
{
	return pdiag_fail(ESRCH, "there is no process %d (or it has just ended)", pid);
}

static int list_threads(struct pdiag_perf_target *t, size_t *cap)
{
	char path[48];
	struct dirent *e;
	int ret = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", t->pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT
			       ? fail_gone(t->pid)
			       : pdiag_fail(errno, "cannot read %s: %s", path, strerror(errno));
	while (!ret && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			ret = add_id(t, cap, atoi(e->d_name));
	closedir(dir);
	if (!ret && !t->id_count)
		ret = fail_gone(t->pid);
	return ret;
}

/* The process that a thread belongs to. */
static int thread_group(int32_t tid)
{
	char path[48], text[4096], *line;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (pdiag_file_read(path, text, sizeof(text)) <= 0)
		return 0;
	line = strstr(text, "\nTgid:");
	return line ? atoi(line + 6) : 0;
}

static int online_cpus(struct pdiag_perf_target *t)
{
	const char *path = "/sys/devices/system/cpu/online";
	char text[4096];
	int ret;

	ret = pdiag_file_read(path, text, sizeof(text));
	if (ret == -EMFILE || ret == -ENFILE)
		return pdiag_fail(-ret, "cannot read %s: %s; raise RLIMIT_NOFILE (ulimit -n)", path,
			strerror(-ret));
	if (ret > 0)
		ret = pdiag_cpu_list_parse(text, &t->cpus, &t->cpu_count);
	else if (!ret)
		ret = -ENOENT;
	if (ret == -ENOMEM)
		return pdiag_fail_memory("listing CPUs");
	return ret ? pdiag_fail(-ret, "cannot read %s: %s; mount /sys", path, strerror(-ret)) : 0;
}

static bool has_cpu(const struct pdiag_perf_target *t, int cpu)
{
	for (uint32_t i = 0; i < t->cpu_count; i++)
		if (t->cpus[i] == cpu)
			return true;
	return false;
}

/* Of the CPUs that are online, those asked for. */
static int choose_cpus(struct pdiag_perf_target *t, const struct pdiag_source_config *c)
{
	int ret = online_cpus(t);

	if (ret || !c->cpus)
		return ret;
	for (uint32_t i = 0; i < c->cpu_count; i++)
		if (!has_cpu(t, c->cpus[i]))
			return pdiag_fail(EINVAL, "CPU %d is not online; see "
				"/sys/devices/system/cpu/online", c->cpus[i]);
	memcpy(t->cpus, c->cpus, c->cpu_count * sizeof(*t->cpus));
	t->cpu_count = c->cpu_count;
	return 0;
}

static int open_process(struct pdiag_perf_target *t, int32_t pid)
{
	t->pid = pid;
	t->pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (t->pid_fd < 0 && errno == ESRCH)
		return fail_gone(pid);
	/* Which of the two depends on the kernel. */
	if (t->pid_fd < 0 && (errno == EINVAL || errno == ENOENT))
		return pdiag_fail(
			EINVAL, "%d is a thread, not a process; sample it as a thread", pid);
	return 0;
}

static int open_ids(struct pdiag_perf_target *t, const struct pdiag_source_config *c)
{
	size_t cap = 0;
	int ret;

	switch (c->target) {
	case PDIAG_TARGET_SELF:
		t->pid = getpid();
		return list_threads(t, &cap);
	case PDIAG_TARGET_PROCESS:
		ret = open_process(t, c->pid);
		return ret ? ret : list_threads(t, &cap);
	case PDIAG_TARGET_THREAD:
		t->tid = c->pid;
		t->pid = thread_group(c->pid);
		if (!t->pid)
			return pdiag_fail(
				ESRCH, "there is no thread %d (or it has just ended)", c->pid);
		return add_id(t, &cap, c->pid);
	case PDIAG_TARGET_COMMAND:
		ret = pdiag_command_prepare(&t->command, c->argv);
		if (ret)
			return ret;
		ret = open_process(t, t->command.pid);
		return ret ? ret : add_id(t, &cap, t->command.pid);
	case PDIAG_TARGET_CGROUP:
		t->cgroup_fd = pdiag_cgroup_open(c->cgroup);
		if (t->cgroup_fd < 0)
			return t->cgroup_fd;
		t->flags = PERF_FLAG_PID_CGROUP;
		t->whole_cpus = true;
		return add_id(t, &cap, t->cgroup_fd);
	case PDIAG_TARGET_SYSTEM:
		t->whole_cpus = true;
		return add_id(t, &cap, -1);
	case PDIAG_TARGET_RECORDING:
		break;
	}
	return pdiag_fail(EINVAL, "perf cannot sample this kind of target");
}

int pdiag_perf_target_open(struct pdiag_perf_target *t, const struct pdiag_source_config *c)
{
	int ret;

	*t = (struct pdiag_perf_target){ .cgroup_fd = -1, .pid_fd = -1 };
	t->command = (struct pdiag_command){ .pid = -1, .link = -1, .status = -1 };
	ret = open_ids(t, c);
	if (!ret)
		ret = choose_cpus(t, c);
	t->flags |= PERF_FLAG_FD_CLOEXEC;
	if (ret)
		pdiag_perf_target_close(t, false);
	return ret;
}

/* A thread that was not waited for yet, the first of a process, is there and has ended. */
static bool thread_ended(const struct pdiag_perf_target *t)
{
	char path[64], text[1024], *name_end;

	if (syscall(SYS_tgkill, t->pid, t->tid, 0) && errno == ESRCH)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", t->pid, t->tid);
	if (pdiag_file_read(path, text, sizeof(text)) <= 0)
		return false;
	name_end = strrchr(text, ')');
	return name_end && (!strncmp(name_end, ") Z", 3) || !strncmp(name_end, ") X", 3));
}

/* The order is the same each time, so that the place where it was is tried first. */
static bool is_known(const struct pdiag_perf_target *t, uint32_t count, uint32_t hint, int id)
{
	if (hint < count && t->ids[hint] == id)
		return true;
	for (uint32_t i = 0; i < count; i++)
		if (t->ids[i] == id)
			return true;
	return false;
}

int pdiag_perf_target_relist(struct pdiag_perf_target *t)
{
	uint32_t known = t->id_count, kept = known;
	size_t cap = known;
	int ret;

	if (t->tid)
		return 0; /* one thread; what it makes inherits */
	ret = list_threads(t, &cap);
	for (uint32_t i = known; i < t->id_count; i++)
		if (!is_known(t, known, i - known, t->ids[i]))
			t->ids[kept++] = t->ids[i];
	t->id_count = kept;
	if (ret != -ESRCH)
		return ret;
	pdiag_error_clear();
	return 0;
}

bool pdiag_perf_target_ended(struct pdiag_perf_target *t)
{
	struct pollfd p = { .fd = t->pid_fd, .events = POLLIN };

	if (t->command.pid > 0)
		return pdiag_command_ended(&t->command);
	if (t->tid)
		return thread_ended(t);
	return t->pid_fd >= 0 && poll(&p, 1, 0) == 1;
}

void pdiag_perf_target_close(struct pdiag_perf_target *t, bool forked)
{
	if (forked)
		pdiag_command_forget(&t->command);
	else
		pdiag_command_free(&t->command);
	if (t->cgroup_fd >= 0)
		close(t->cgroup_fd);
	if (t->pid_fd >= 0)
		close(t->pid_fd);
	free(t->ids);
	free(t->cpus);
	t->ids = NULL;
	t->cpus = NULL;
	t->cgroup_fd = t->pid_fd = -1;
}
