/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context, as the other folders see it. */
#ifndef PDIAG_CORE_CONTEXT_H
#define PDIAG_CORE_CONTEXT_H

#include <stdbool.h>
#include <sys/types.h>

#include <pdiag/context.h>

#include "util/list.h"

/* Something made from a context: freed with it at the latest. Embed it in the object. */
struct pdiag_child {
	struct pdiag_list link;
	void (*destroy)(struct pdiag_child *child); /* frees the object; called once */
};

/* Things of which a context has one, made when first asked for. */
enum pdiag_slot {
	PDIAG_SLOT_MODULES,
	PDIAG_SLOT_SYMBOLIZER,
	PDIAG_SLOT_CFI,
	PDIAG_SLOT_CGROUPS,
	PDIAG_SLOT_COUNT,
};

struct pdiag {
	pdiag_log_fn log;
	void *log_user;
	enum pdiag_log_level log_level;
	pid_t owner;		      /* the process that made it: a fork's child is another */
	struct pdiag_list children;   /* freed in reverse order of their making */
	void *slots[PDIAG_SLOT_COUNT]; /* owned by children that are never freed before */
};

void pdiag_child_add(struct pdiag *context, struct pdiag_child *child,
	void (*destroy)(struct pdiag_child *));
/* Take it out of its context; the caller frees the object. */
void pdiag_child_remove(struct pdiag_child *child);

/* In a child of fork(): kernel objects here are shared with the parent; only free memory. */
bool pdiag_context_forked(const struct pdiag *context);

PDIAG_PRINTF(3, 4) void pdiag_log(const struct pdiag *context, enum pdiag_log_level level,
	const char *fmt, ...);

#endif
