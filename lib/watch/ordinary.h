/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of ordinary times: what an event is compared with, and what was just before it. */
#ifndef PDIAG_WATCH_ORDINARY_H
#define PDIAG_WATCH_ORDINARY_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/profile.h"
#include "util/clock.h"

#define PDIAG_ORDINARY_MAX 6u
/* So long may nothing have been sampled while a window was taken in, on a machine on its knees. */
#define PDIAG_ORDINARY_GAP_NS (5 * PDIAG_SECOND_NS)

struct pdiag_ordinary {
	struct pdiag_profile *list[PDIAG_ORDINARY_MAX]; /* the newest first; ours */
	uint32_t count;
};

/* Take one more, which is ours from now on; the oldest go until all have room. false: it alone has
 * none, and is gone. */
bool pdiag_ordinary_keep(
	struct pdiag_ordinary *o, struct pdiag_profile *fresh, uint64_t room);
/* Take the newest out, for the caller to own; NULL: it ended by `time_ns`, or there is none. */
struct pdiag_profile *pdiag_ordinary_since(struct pdiag_ordinary *o, uint64_t time_ns);
/*
 * What was before `onset_ns` is in `before` from `from_ns` on. Add the newest window to it if that
 * ended just before; *after_ns is the time in it behind the onset, if that is in it: it cannot be
 * divided any more. Windows that have something of the event are ordinary no longer, and gone. 0 or
 * -ENOMEM.
 */
int pdiag_ordinary_before(struct pdiag_ordinary *o, uint64_t from_ns, uint64_t onset_ns,
	struct pdiag_profile *before, uint64_t *after_ns);
/* All as one, for the caller to own. 0 or -ENOMEM. */
int pdiag_ordinary_all(const struct pdiag_ordinary *o, struct pdiag *context,
	struct pdiag_profile **out);
uint64_t pdiag_ordinary_bytes(const struct pdiag_ordinary *o);
void pdiag_ordinary_free(struct pdiag_ordinary *o);

#endif
