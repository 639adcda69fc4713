/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/kmod_device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/error.h"

/* A text of the module ends in its field, and is one line. */
static void cut(char *text, size_t size)
{
	text[size - 1] = '\0';
	pdiag_one_line(text);
}

static int fail_call(int err, const char *what)
{
	switch (err) {
	case ENOTTY:
		return pdiag_fail(err, "the kernel module is older than this library and does "
			"not know of %s; load the module of this release", what);
	case E2BIG:
		return pdiag_fail(err, "the kernel module is older than this library and lacks "
			"what was asked of %s; load the module of this release", what);
	case ENOMEM:
		return pdiag_fail(err, "the kernel has no memory for %s", what);
	case EOPNOTSUPP:
		return pdiag_fail(err, "the kernel module has no %s on this kernel", what);
	default:
		return pdiag_fail(err, "the kernel module refuses %s: %s", what, strerror(err));
	}
}

int pdiag_kmod_call(int fd, unsigned long request, void *arg, uint32_t size, const char *what)
{
	int ret;

	if (arg)
		memcpy(arg, &size, sizeof(size));
	do
		ret = ioctl(fd, request, arg);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? fail_call(errno, what) : ret;
}

static int fail_open(int err)
{
	switch (err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return pdiag_fail(ENOENT, "the kernel module is not loaded: there is no "
			PDIAG_KMOD_DEVICE "; load it with modprobe pdiag, if it is installed");
	case EACCES:
		return pdiag_fail(EACCES, "not allowed to use the kernel module: "
			PDIAG_KMOD_DEVICE " is for root and the capability CAP_PERFMON, or for "
			"the group that the module's parameter lets in");
	case EPERM:
		return pdiag_fail(EPERM, "the kernel is locked down (confidentiality): its "
			"module pdiag must not read what others do");
	default:
		return pdiag_fail(err, "cannot open " PDIAG_KMOD_DEVICE ": %s", strerror(err));
	}
}

bool pdiag_kdevice_present(void)
{
	return !access(PDIAG_KMOD_DEVICE, F_OK);
}

int pdiag_kdevice_open(struct pdiag_kdevice *d)
{
	int ret;

	*d = (struct pdiag_kdevice){ .fd = open(PDIAG_KMOD_DEVICE, O_RDWR | O_CLOEXEC) };
	if (d->fd < 0)
		return fail_open(errno);
	ret = pdiag_kmod_call(d->fd, PDIAG_KMOD_IOC_VERSION, &d->version, sizeof(d->version),
		"its version");
	cut(d->version.release, sizeof(d->version.release));
	if (!ret && d->version.abi && d->version.schema && d->version.nr_rings > 1)
		return 0;
	pdiag_kdevice_close(d);
	return pdiag_fail(EPROTO, PDIAG_KMOD_DEVICE " is not the device of the kernel module: it "
		"does not tell its version");
}

void pdiag_kdevice_close(struct pdiag_kdevice *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

int pdiag_kdevice_feature(const struct pdiag_kdevice *d, uint32_t id,
	struct pdiag_kmod_feature *out)
{
	int ret;

	*out = (struct pdiag_kmod_feature){ .id = id };
	if (id >= d->version.features) {
		snprintf(out->why, sizeof(out->why), "the module (release %s) is older than that",
			d->version.release);
		return 0;
	}
	ret = pdiag_kmod_call(d->fd, PDIAG_KMOD_IOC_FEATURE, out, sizeof(*out), "features");
	if (ret < 0)
		return ret;
	cut(out->name, sizeof(out->name));
	cut(out->why, sizeof(out->why));
	return 0;
}

int pdiag_kdevice_probe(const struct pdiag_kdevice *d, uint32_t index,
	struct pdiag_kmod_probe_info *out)
{
	int ret;

	*out = (struct pdiag_kmod_probe_info){ .index = index };
	ret = pdiag_kmod_call(d->fd, PDIAG_KMOD_IOC_PROBE_INFO, out, sizeof(*out), "probes");
	if (ret < 0)
		return ret;
	cut(out->name, sizeof(out->name));
	cut(out->unit, sizeof(out->unit));
	cut(out->text, sizeof(out->text));
	cut(out->needs, sizeof(out->needs));
	cut(out->why, sizeof(out->why));
	if (out->params > PDIAG_KMOD_PARAMS)
		out->params = PDIAG_KMOD_PARAMS;
	if (out->args > PDIAG_KMOD_ARGS_MAX)
		out->args = PDIAG_KMOD_ARGS_MAX;
	for (uint32_t i = 0; i < PDIAG_KMOD_PARAMS; i++) {
		cut(out->param[i].name, sizeof(out->param[i].name));
		cut(out->param[i].text, sizeof(out->param[i].text));
	}
	for (uint32_t i = 0; i < PDIAG_KMOD_ARGS_MAX; i++)
		cut(out->arg[i], sizeof(out->arg[i]));
	return 0;
}
