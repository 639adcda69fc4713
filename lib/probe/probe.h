/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A probe: a session of the kernel module with nothing but this probe in it. It is read through the
 * source kmod, which also tells what processes do, and its stacks go through a capture's pipeline.
 */
#ifndef PDIAG_PROBE_PROBE_INTERNAL_H
#define PDIAG_PROBE_PROBE_INTERNAL_H

#include <pdiag/probe.h>

#include <pdiag_kmod.h>

#include "capture/pipeline.h"
#include "core/context.h"
#include "source/kmod_session.h"
#include "source/source.h"

/* A description as the module gives it, and as it is handed out: pointers into the former. */
struct pdiag_probe_text {
	struct pdiag_kmod_probe_info raw;
	struct pdiag_probe_info info;
	struct pdiag_probe_param params[PDIAG_KMOD_PARAMS];
	struct pdiag_probe_field fields[PDIAG_KMOD_ARGS_MAX];
};

struct pdiag_drop_reason {
	uint64_t number;
	char name[48];
};

struct pdiag_probe {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_probe_text text;
	struct pdiag_source *source;
	struct pdiag_pipeline pipeline;
	bool started, stopped;
	struct pdiag_probe_event event;
	uint64_t args[PDIAG_KMOD_ARGS_MAX];
	uint64_t addresses[PDIAG_UNWIND_MAX];
	char comm[PDIAG_KMOD_COMM_LEN];
	struct pdiag_unwound unwound;
	struct pdiag_drop_reason *reasons; /* NULL: not read yet */
	size_t reason_count;
	bool reasons_read;
};

/* list.c: make the description of text->raw. Its texts end where they should. */
void pdiag_probe_text_make(struct pdiag_probe_text *text);
/* The field of this type; NULL: there is none. */
const struct pdiag_probe_field *pdiag_probe_field_of(
	const struct pdiag_probe_info *info, const char *type);

/* reason.c: the kernel's name for why a packet was dropped; NULL: it has none. */
const char *pdiag_probe_reason(struct pdiag_probe *probe, uint64_t number);

#endif
