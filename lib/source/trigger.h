/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A trigger, as the caller sets it and as the kernel module takes it. */
#ifndef PDIAG_SOURCE_TRIGGER_H
#define PDIAG_SOURCE_TRIGGER_H

#include <pdiag_kmod.h>

#include <pdiag/trigger.h>

/*
 * Check what the caller of `call` gave, and make the module's struct of it. action: PDIAG_KMOD_
 * TRIGGER_DUMP or _FREEZE. 0 or a negative errno with its sentence.
 */
int pdiag_trigger_options(const struct pdiag_trigger *trigger, uint32_t action, const char *call,
	struct pdiag_kmod_trigger *out);

#endif
