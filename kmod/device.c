// SPDX-License-Identifier: GPL-2.0-only
/* /dev/pdiag: who may open it, and what can be asked of it. */
#include "device.h"

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/security.h>
#include <linux/slab.h>

#include "features.h"
#include "probe.h"
#include "session.h"
#include "user.h"

static int group = -1;
module_param(group, int, 0444);
MODULE_PARM_DESC(group, "id of a group that may sample its own processes, user space only");

/* What an open file may do; kept in its private_data. */
enum { FULL, RESTRICTED };

static int device_open(struct inode *inode, struct file *file)
{
	kgid_t gid = make_kgid(&init_user_ns, group);
	int err = security_locked_down(LOCKDOWN_PERF);

	if (err)
		return err;
	if (perfmon_capable())
		file->private_data = (void *)FULL;
	else if (group >= 0 && gid_valid(gid) && in_group_p(gid))
		file->private_data = (void *)RESTRICTED;
	else
		return -EACCES;
	return nonseekable_open(inode, file);
}

static int version(void __user *arg)
{
	struct pdiag_kmod_version version;
	int err = pdiag_copy_in(&version, sizeof(version), arg);

	if (err)
		return err;
	memset(version.release, 0, sizeof(version.release));
	version.abi = PDIAG_KMOD_ABI;
	version.schema = PDIAG_KMOD_SCHEMA;
	version.features = PDIAG_KMOD_FEATURES;
	version.probes = pdiag_probe_count();
	version.nr_rings = nr_cpu_ids + 1;
	strscpy(version.release, PDIAG_VERSION, sizeof(version.release));
	return pdiag_copy_out(arg, &version, sizeof(version));
}

/* Without privilege there are samples on the CPU, of what is one's own. */
static void restrict_feature(struct pdiag_kmod_feature *feature)
{
	if (feature->id == PDIAG_KMOD_FEATURE_TIMER || feature->id == PDIAG_KMOD_FEATURE_INHERIT ||
		feature->id == PDIAG_KMOD_FEATURE_CGROUP || !feature->available)
		return;
	feature->available = 0;
	strscpy(feature->why, "it needs the capability CAP_PERFMON", sizeof(feature->why));
}

static int feature(bool restricted, void __user *arg)
{
	struct pdiag_kmod_feature feature;
	int err = pdiag_copy_in(&feature, sizeof(feature), arg);

	if (!err)
		err = pdiag_feature_describe(&feature);
	if (!err && restricted)
		restrict_feature(&feature);
	return err ?: pdiag_copy_out(arg, &feature, sizeof(feature));
}

static int probe_info(void __user *arg)
{
	/* Too large for the stack. */
	struct pdiag_kmod_probe_info *info = kzalloc(sizeof(*info), GFP_KERNEL);
	int err = info ? pdiag_copy_in(info, sizeof(*info), arg) : -ENOMEM;

	if (!err)
		err = pdiag_probe_describe(info);
	if (!err)
		err = pdiag_copy_out(arg, info, sizeof(*info));
	kfree(info);
	return err;
}

static int session(bool restricted, void __user *arg)
{
	struct pdiag_kmod_session options;
	struct pdiag_session *session;
	int fd, err = pdiag_copy_in(&options, sizeof(options), arg);

	if (!err)
		err = pdiag_session_new(&options, restricted, &session);
	if (err)
		return err;
	/* Before the descriptor is there, as nothing can take it back afterwards. */
	err = pdiag_copy_out(arg, &options, sizeof(options));
	fd = err ?: pdiag_session_fd(session);
	if (fd < 0)
		pdiag_session_free(session);
	return fd;
}

static long device_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	bool restricted = file->private_data == (void *)RESTRICTED;
	void __user *user = (void __user *)arg;

	switch (command) {
	case PDIAG_KMOD_IOC_VERSION:
		return version(user);
	case PDIAG_KMOD_IOC_FEATURE:
		return feature(restricted, user);
	case PDIAG_KMOD_IOC_PROBE_INFO:
		return probe_info(user);
	case PDIAG_KMOD_IOC_SESSION:
		return session(restricted, user);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pdiag",
	.fops = &device_fops,
	.mode = 0600,
};

int pdiag_device_init(void)
{
	return misc_register(&device);
}

void pdiag_device_exit(void)
{
	misc_deregister(&device);
}
