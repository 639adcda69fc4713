/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel module's flight recorder: its rings are read while it is frozen. */
#ifndef PDIAG_SOURCE_KMOD_FLIGHT_H
#define PDIAG_SOURCE_KMOD_FLIGHT_H

#include "source/kmod_rings.h"
#include "source/kmod_session.h"
#include "source/source.h"

struct pdiag_kmod_flight {
	struct pdiag_ksession *session;
	struct pdiag_krings *rings;
	struct pdiag_source_flight *state;
	int fd; /* of pdiag_flight_fd() */
};

/* See whether a trigger has frozen it. */
void pdiag_kmod_flight_look(struct pdiag_kmod_flight *f);
/* These return 0 or a negative errno with its sentence; what is so already is fine. */
int pdiag_kmod_flight_freeze(struct pdiag_kmod_flight *f);
int pdiag_kmod_flight_thaw(struct pdiag_kmod_flight *f);
/* Stop the session; what it holds is read then, with what had waited for room. */
int pdiag_kmod_flight_stop(struct pdiag_kmod_flight *f);
/* next() has nothing more: was that all? */
void pdiag_kmod_flight_end(struct pdiag_kmod_flight *f);

#endif
