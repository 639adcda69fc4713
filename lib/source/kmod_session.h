/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session of the kernel module, and its rings. */
#ifndef PDIAG_SOURCE_KMOD_SESSION_H
#define PDIAG_SOURCE_KMOD_SESSION_H

#include <stddef.h>

#include "source/kmod_device.h"
#include "source/kmod_ring.h"

struct pdiag_ksession {
	int fd; /* polls readable when there is something in the rings */
	struct pdiag_kmod_session options; /* with what the module answered */
	struct pdiag_kring *rings; /* by number; those that are not there have no control */
	uint32_t nr_rings;
};

/*
 * Make a session and map its rings; `options` but its size is set by the caller. 0 or a negative
 * errno with its sentence. After a failure there is nothing to close.
 */
int pdiag_ksession_open(struct pdiag_ksession *s, const struct pdiag_kdevice *d,
	const struct pdiag_kmod_session *options);
/* forked: in a child of fork(), where the rings are not mapped. Fine when not open (fd -1). */
void pdiag_ksession_close(struct pdiag_ksession *s, bool forked);

/* All return 0 or a negative errno with its sentence. */
int pdiag_ksession_start(struct pdiag_ksession *s);
int pdiag_ksession_stop(struct pdiag_ksession *s);
/* Bring what waits into the rings; *pending is what still has no room there. */
int pdiag_ksession_flush(struct pdiag_ksession *s, uint64_t *pending);
/* Of a ring, or PDIAG_KMOD_ALL_RINGS. */
int pdiag_ksession_stats(struct pdiag_ksession *s, uint32_t ring, struct pdiag_kmod_stats *out);
int pdiag_ksession_freeze(struct pdiag_ksession *s, bool frozen);
/* flags: PDIAG_KMOD_DUMP_*. *id: in the TASKS_BEGIN of the dump. */
int pdiag_ksession_dump(struct pdiag_ksession *s, uint32_t flags, uint64_t *id);
int pdiag_ksession_trigger(struct pdiag_ksession *s, struct pdiag_kmod_trigger *trigger);
int pdiag_ksession_probe(struct pdiag_ksession *s, struct pdiag_kmod_probe *probe);
/* out->index is set by the caller. */
int pdiag_ksession_histogram(struct pdiag_ksession *s, struct pdiag_kmod_histogram *out);

/* That of a source that is pdiag_source_kmod. */
struct pdiag_source;
struct pdiag_ksession *pdiag_source_kmod_session(struct pdiag_source *s);

/* The ring of task dumps; NULL if the session has none. */
static inline struct pdiag_kring *pdiag_ksession_tasks(struct pdiag_ksession *s)
{
	struct pdiag_kring *r = &s->rings[s->nr_rings - 1];

	return r->control ? r : NULL;
}

#endif
