/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pressure as a trigger of the kernel's: a descriptor that polls when there is too much. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/options.h"
#include "metric/metric.h"
#include "util/array.h"

_Static_assert(sizeof(struct pdiag_pressure_options) == sizeof(size_t) + sizeof(void *) + 4 * 4,
	"no holes in struct pdiag_pressure_options");

static const char *const names[] = { "", "cpu", "memory", "io" };

static int check_options(
	struct pdiag_pressure_options *to, const struct pdiag_pressure_options *from)
{
	int ret = PDIAG_OPTIONS_COPY(to, from, window_ms);

	if (ret)
		return ret;
	if (!to->window_ms)
		to->window_ms = 2000;
	if (!to->resource || to->resource > PDIAG_PRESSURE_IO || to->full > 1)
		return pdiag_fail(EINVAL, "pdiag_pressure_options: resource is %u and full %u; set "
			"an enum pdiag_pressure_resource, and 0 or 1", to->resource, to->full);
	if (to->window_ms < 500 || to->window_ms > 10000 || !to->threshold_ms ||
		to->threshold_ms > to->window_ms)
		return pdiag_fail(EINVAL, "pdiag_pressure_options: %u ms within a window of %u ms; "
			"a window is 500 to 10000 ms, and threshold_ms from 1 up to the window",
			to->threshold_ms, to->window_ms);
	return 0;
}

static int fail_open(const char *path, int err)
{
	if (err == ENOENT || err == EOPNOTSUPP)
		return pdiag_fail(err, "there is no %s: the kernel has no pressure stall "
			"information (CONFIG_PSI), or it was not started with psi=1", path);
	if (err == EACCES || err == EPERM)
		return pdiag_fail(err, "%s may not be written to by this process; a trigger needs "
			"the capability CAP_SYS_RESOURCE, or Linux 6.5", path);
	return pdiag_fail(err, "cannot open %s: %s", path, strerror(err));
}

static int fail_arm(const char *path, const struct pdiag_pressure_options *o, int err)
{
	if (err == EINVAL && o->window_ms % 2000)
		return pdiag_fail(EPERM, "%s takes no trigger with a window of %u ms from this "
			"process; without the capability CAP_SYS_RESOURCE it has to be of whole "
			"2000 ms", path, o->window_ms);
	if (err == EINVAL && o->full && o->resource == PDIAG_PRESSURE_CPU)
		return pdiag_fail(EOPNOTSUPP, "this kernel has no \"full\" of the CPU; ask for "
			"\"some\"");
	if (err == EOPNOTSUPP || err == EACCES || err == EPERM)
		return fail_open(path, err);
	return pdiag_fail(err, "%s takes no trigger of %u ms in %u ms: %s", path, o->threshold_ms,
		o->window_ms, strerror(err));
}

int pdiag_pressure_open(struct pdiag *context, const struct pdiag_pressure_options *options)
{
	char dir[PDIAG_METRIC_PATH], path[PDIAG_METRIC_PATH + 32], text[64];
	struct pdiag_pressure_options o;
	int fd, n, ret, err;

	pdiag_error_clear();
	if (!context || !options)
		return pdiag_fail(EINVAL, "pdiag_pressure_open: context or options is NULL");
	ret = check_options(&o, options);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/proc/pressure/%s", names[o.resource]);
	if (o.cgroup) {
		pdiag_auto_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		ret = pdiag_metric_cgroup_find(root, o.cgroup, dir, sizeof(dir));
		if (ret)
			return ret;
		snprintf(path, sizeof(path), "/%s/%s.pressure", dir, names[o.resource]);
	}
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail_open(path, errno);
	n = snprintf(text, sizeof(text), "%s %u %u", o.full ? "full" : "some",
		o.threshold_ms * 1000, o.window_ms * 1000);
	/* With the NUL, as the kernel's own example has it. */
	if (write(fd, text, (size_t)n + 1) == n + 1)
		return fd;
	err = errno;
	close(fd);
	return fail_arm(path, &o, err);
}
