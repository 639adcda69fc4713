/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the caller asks for, checked, with defaults filled in. */
#ifndef PDIAG_CAPTURE_OPTIONS_H
#define PDIAG_CAPTURE_OPTIONS_H

#include "source/source.h"

#define PDIAG_DEFAULT_HZ 99u
#define PDIAG_MAX_HZ 10000u
#define PDIAG_DEFAULT_DEPTH 127u
#define PDIAG_MAX_DEPTH 1024u
#define PDIAG_MAX_PPM 1000000u
#define PDIAG_MAX_FLIGHT_SEC 3600u

/* *cpus is the parsed list, to be freed by the caller; config points into it and into options. */
int pdiag_capture_config(struct pdiag *context, const struct pdiag_capture_options *options,
	struct pdiag_source_config *config, int **cpus, uint64_t *off_cpu_min_ns);

#endif
