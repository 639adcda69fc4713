/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/error.h"

/* Version 1 with the controller, else version 2, which always has it. 0 or a negative errno. */
static int find_mount(char *dir, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m, entry;
	char buf[4 * PATH_MAX];
	bool found = false;

	if (!f)
		return -errno;
	while ((m = getmntent_r(f, &entry, buf, sizeof(buf)))) {
		bool v1 = !strcmp(m->mnt_type, "cgroup") && hasmntopt(m, "perf_event");

		if (!v1 && (found || strcmp(m->mnt_type, "cgroup2")))
			continue;
		snprintf(dir, size, "%s", m->mnt_dir);
		found = true;
		if (v1)
			break;
	}
	endmntent(f);
	return found ? 0 : -ENOENT;
}

static bool is_cgroup(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) &&
		(fs.f_type == CGROUP2_SUPER_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC);
}

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && !is_cgroup(fd)) {
		close(fd);
		fd = -1;
		errno = ENOENT;
	}
	return fd;
}

static int fail_open_files(const char *path, int err)
{
	return pdiag_fail(err, "cannot open cgroup %s: %s; raise RLIMIT_NOFILE (ulimit -n)", path,
		strerror(err));
}

int pdiag_cgroup_open(const char *path)
{
	char mount[PATH_MAX], full[2 * PATH_MAX];
	int fd = open_dir(path), err, ret;

	if (fd >= 0)
		return fd;
	err = errno;
	if (err == EMFILE || err == ENFILE)
		return fail_open_files(path, err);
	ret = find_mount(mount, sizeof(mount));
	if (ret && ret != -ENOENT)
		return pdiag_fail(-ret, "cgroup %s: cannot read /proc/self/mounts: %s", path,
			strerror(-ret));
	if (ret)
		return pdiag_fail(ENOENT, "cgroup %s: no cgroup file system with the perf_event "
			"controller is mounted", path);
	snprintf(full, sizeof(full), "%s/%s", mount, path);
	fd = open_dir(full);
	if (fd >= 0)
		return fd;
	err = err == ENOENT || err == ENOTDIR ? errno : err;
	return pdiag_fail(err, "there is no cgroup %s, neither as it is nor below %s: %s", path,
		mount, strerror(err));
}
