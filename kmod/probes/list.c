// SPDX-License-Identifier: GPL-2.0-only
/* All probes. New ones go to the end of their family; who uses one goes by its name. */
#include "probe_kit.h"

extern const struct pdiag_probe pdiag_probe_sched_delay;
extern const struct pdiag_probe pdiag_probe_irq_delay;
extern const struct pdiag_probe pdiag_probe_sys_delay;
extern const struct pdiag_probe pdiag_probe_drop_packet;

const struct pdiag_probe *const pdiag_probes[] = {
	/* CPU */
	&pdiag_probe_sched_delay,
	&pdiag_probe_irq_delay,
	&pdiag_probe_sys_delay,
	/* network */
	&pdiag_probe_drop_packet,
	NULL,
};
