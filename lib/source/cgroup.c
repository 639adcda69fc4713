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

/* Version 1 with the controller, else version 2, which always has it. */
static bool find_mount(char *dir, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m, entry;
	char buf[4 * PATH_MAX];
	bool found = false;

	while (f && (m = getmntent_r(f, &entry, buf, sizeof(buf)))) {
		bool v1 = !strcmp(m->mnt_type, "cgroup") && hasmntopt(m, "perf_event");

		if (!v1 && (found || strcmp(m->mnt_type, "cgroup2")))
			continue;
		snprintf(dir, size, "%s", m->mnt_dir);
		found = true;
		if (v1)
			break;
	}
	if (f)
		endmntent(f);
	return found;
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

int pdiag_cgroup_open(const char *path)
{
	char mount[PATH_MAX], full[2 * PATH_MAX];
	int fd = open_dir(path), err;

	if (fd >= 0)
		return fd;
	err = errno;
	if (!find_mount(mount, sizeof(mount)))
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
