/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the folders are: the root, a cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "metric/metric.h"

int pdiag_metric_open_dir(int root_fd, const char *path)
{
	int fd = openat(root_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Only version 2 has this file. 0 or a negative errno. */
static int try_cgroup(int root_fd, const char *dir)
{
	int fd = pdiag_metric_open_dir(root_fd, dir), ret;

	if (fd < 0)
		return fd;
	ret = faccessat(fd, "cgroup.controllers", F_OK, 0) ? -errno : 0;
	close(fd);
	return ret;
}

int pdiag_metric_cgroup_find(int root_fd, const char *cgroup, char *out, size_t size)
{
	/* As it is, and where systemd mounts version 2 alone and beside version 1. */
	static const char *const mounts[] = { "", "sys/fs/cgroup/", "sys/fs/cgroup/unified/" };
	const char *below = cgroup;
	int ret = -ENOENT;

	while (*below == '/')
		below++;
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]) && ret; i++) {
		/* What is relative is no path from here, but one below the mount. */
		if (!i && below == cgroup)
			continue;
		if (snprintf(out, size, "%s%s", mounts[i], *below || i ? below : ".") >= (int)size)
			return pdiag_fail(ENAMETOOLONG, "the path of a cgroup is too long: "
				"%.80s...", cgroup);
		ret = try_cgroup(root_fd, out);
		if (ret && ret != -ENOENT && ret != -ENOTDIR)
			break;
	}
	if (!ret)
		return 0;
	if (ret == -EMFILE || ret == -ENFILE)
		return pdiag_fail(-ret, "cannot open cgroup %s: %s; raise RLIMIT_NOFILE (ulimit "
			"-n)", cgroup, strerror(-ret));
	return pdiag_fail(ret == -ENOTDIR ? ENOENT : -ret, "there is no cgroup %s of version 2, "
		"neither as it is nor below /sys/fs/cgroup: %s", cgroup, strerror(-ret));
}
