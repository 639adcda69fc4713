// SPDX-License-Identifier: GPL-2.0-only
/* The module comes and goes. Each step undoes itself if a later one fails. */
#include <linux/module.h>

#include "device.h"
#include "probe.h"
#include "session.h"

static int __init pdiag_init(void)
{
	int err = pdiag_hotplug_init();

	if (err)
		return err;
	pdiag_probe_init();
	/* Last: from here on there are callers. */
	err = pdiag_device_init();
	if (err) {
		pdiag_probe_exit();
		pdiag_hotplug_exit();
	}
	return err;
}

static void __exit pdiag_exit(void)
{
	pdiag_device_exit();
	pdiag_probe_exit();
	pdiag_hotplug_exit();
}

module_init(pdiag_init);
module_exit(pdiag_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The libpdiag authors");
MODULE_DESCRIPTION("Sampling profiler and diagnosis for machines under high load");
MODULE_VERSION(PDIAG_VERSION);
