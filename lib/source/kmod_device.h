/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel module's device: what the module can do here. Module and library may be of different
 * releases. What a newer one has more is not used; what an older one lacks is told in a sentence.
 */
#ifndef PDIAG_SOURCE_KMOD_DEVICE_H
#define PDIAG_SOURCE_KMOD_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <pdiag_kmod.h>

struct pdiag_kdevice {
	int fd;
	struct pdiag_kmod_version version;
};

/* Is there a device? It may still refuse. */
bool pdiag_kdevice_present(void);

/*
 * Open /dev/pdiag and ask for its version. 0 or a negative errno with its sentence: -ENOENT (no
 * module is loaded), -EACCES, -EPERM (a kernel that is locked down), -EPROTO (no device of ours).
 */
int pdiag_kdevice_open(struct pdiag_kdevice *d);
void pdiag_kdevice_close(struct pdiag_kdevice *d);

/*
 * What is known of a feature, by its id. One that the module has never heard of is not available
 * and says why. 0 or a negative errno with its sentence.
 */
int pdiag_kdevice_feature(const struct pdiag_kdevice *d, uint32_t id,
	struct pdiag_kmod_feature *out);
/* A probe by its index, from 0 to version.probes - 1. Likewise. */
int pdiag_kdevice_probe(const struct pdiag_kdevice *d, uint32_t index,
	struct pdiag_kmod_probe_info *out);

/*
 * An ioctl. Its struct begins with its size, which is filled in: what this library knows of it
 * (arg NULL: it has none). What the module returns, or a negative errno with its sentence; -ENOTTY
 * and -E2BIG: the module is too old for it. `what` is what was wanted, a noun: "task dumps".
 */
int pdiag_kmod_call(int fd, unsigned long request, void *arg, uint32_t size, const char *what);

#endif
