/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of /proc and cgroups that stay open. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "metric/metric.h"

/* No file that we read is that long; the machine would have a hundred thousand devices. */
#define TEXT_MAX ((size_t)8 << 20)

void pdiag_metric_file_why(struct pdiag_metric_file *f, const char *dir, int err)
{
	const char *path = f->reader->path, *without = f->reader->without;

	switch (err) {
	case 0:
		snprintf(f->why, sizeof(f->why), "%.60s/%s is empty here: there is nothing to tell "
			"of, or a container hides it", dir, path);
		break;
	case ENOENT:
		snprintf(f->why, sizeof(f->why), "there is no %.60s/%s here: %s", dir, path,
			without);
		break;
	case EACCES:
	case EPERM:
		snprintf(f->why, sizeof(f->why), "%.60s/%s may not be read by this process; run it "
			"as the owner or as root", dir, path);
		break;
	case EOPNOTSUPP:
		snprintf(f->why, sizeof(f->why), "%.60s/%s is switched off: %s", dir, path,
			without);
		break;
	case ESRCH:
		snprintf(f->why, sizeof(f->why), "the %s",
			f->reader->family == PDIAG_METRICS_CGROUP ? "cgroup is not there now" :
			"process has ended");
		break;
	default:
		snprintf(f->why, sizeof(f->why), "%.60s/%s cannot be read: %s", dir, path,
			strerror(err));
		break;
	}
}

/* Of a host's /proc, seen from a container, "net" is still the container's: that of process 1 is
 * the host's. */
static int open_below(int dir_fd, const char *dir, const char *path)
{
	char full[PDIAG_METRIC_PATH];
	int fd = -1, n;

	if (!strncmp(path, "proc/net/", 9)) {
		n = snprintf(full, sizeof(full), "proc/1/net/%s", path + 9);
		if (*dir && n < (int)sizeof(full))
			fd = openat(dir_fd, full, O_RDONLY | O_CLOEXEC);
	}
	return fd >= 0 ? fd : openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
}

int pdiag_metric_file_open(struct pdiag_metric_file *f, int dir_fd, const char *dir)
{
	int err;

	if (!f->reader->path) {
		snprintf(f->why, sizeof(f->why), "%s", f->reader->without);
		return -ENOENT;
	}
	f->fd = open_below(dir_fd, dir, f->reader->path);
	err = errno;
	f->why[0] = '\0';
	snprintf(f->lacks, sizeof(f->lacks), "%.40s/%s has no such field here", dir,
		f->reader->path);
	if (f->fd >= 0)
		return 0;
	pdiag_metric_file_why(f, dir, err);
	return -err;
}

static int grow(struct pdiag_metrics *m)
{
	size_t cap = m->text_cap ? 2 * m->text_cap : 16384;
	char *text;

	if (cap > TEXT_MAX)
		return -EFBIG;
	text = realloc(m->text, cap);
	if (!text)
		return -ENOMEM;
	m->text = text;
	m->text_cap = cap;
	return 0;
}

long pdiag_metric_file_text(struct pdiag_metrics *m, struct pdiag_metric_file *f)
{
	size_t len = 0;
	ssize_t n;
	int ret;

	for (;;) {
		if (len == m->text_cap) {
			ret = grow(m);
			if (ret)
				return ret;
		}
		/* /proc gives about a page at a time, whatever room there is. */
		n = pread(f->fd, m->text + len, m->text_cap - len, (off_t)len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* There is no line of 3 KiB, for which the first page might have been too short. */
		if (!n || (!len && n < 1024))
			return (long)len + n;
		len += (size_t)n;
	}
}
