/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PDIAG_FEATURES_H
#define PDIAG_FEATURES_H

#include "uapi/pdiag_kmod.h"

/* Fill in the rest for feature->id. -EINVAL: no such feature. */
int pdiag_feature_describe(struct pdiag_kmod_feature *feature);

#endif
