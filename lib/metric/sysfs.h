/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sort of device one is: asked of sysfs when it is seen first, or by its name without that. */
#ifndef PDIAG_METRIC_SYSFS_H
#define PDIAG_METRIC_SYSFS_H

/* pdiag_metric_device.kind; 0 is left for what has not been asked about. */
enum pdiag_device_kind {
	PDIAG_DEVICE_IGNORED = 1, /* what it does is told by another device, too */
	PDIAG_DEVICE_COUNTED = 2, /* a whole disk; an interface with hardware behind it */
	PDIAG_DEVICE_VIRTUAL = 3, /* an interface without */
};

/*
 * Whole disks are counted. Ignored are partitions, what is made of other devices (dm, md, bcache),
 * a second path to the same disk, and what is no storage (loop, ram, zram). whole: the name of the
 * whole disk that stood before it in the list, or NULL.
 */
enum pdiag_device_kind pdiag_metric_disk_kind(int root_fd, const char *name, const char *whole);
/* The same by number, as io.stat of cgroups has it: "8:0". */
enum pdiag_device_kind pdiag_metric_disk_kind_by_number(int root_fd, const char *number);
/* Loopback is ignored, and so is hardware below an interface that has it itself. */
enum pdiag_device_kind pdiag_metric_interface_kind(int root_fd, const char *name);

#endif
