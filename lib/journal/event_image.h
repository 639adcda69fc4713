/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An event as frames, and back. */
#ifndef PDIAG_JOURNAL_EVENT_IMAGE_H
#define PDIAG_JOURNAL_EVENT_IMAGE_H

#include "event/event.h"
#include "journal/frame.h"

/* What INFO says beside the event's own info. */
struct pdiag_event_about {
	uint64_t session;
	uint32_t metrics, culprits, evidence; /* that the other frames have */
};

/*
 * All frames of the event, not sealed yet, in no more than `limit` bytes: if they would not fit
 * without, the largest profiles are left out, and in the end the points of metrics; the limits of
 * the written event say so. 0, -ENOMEM (with its sentence), or -EFBIG: it does not fit even so.
 */
int pdiag_event_put(struct pdiag_text *to, struct pdiag_event *event, uint64_t id,
	uint64_t session, uint64_t limit);

/* Only session and phase. -EBADMSG: it is no INFO. */
int pdiag_event_take_phase(struct pdiag_bytes info, uint64_t *session, uint32_t *phase);
/* The bodies of the frames, into the event. 0, -ENOMEM, or -EBADMSG. */
int pdiag_event_take_info(
	struct pdiag_bytes *from, struct pdiag_event *event, struct pdiag_event_about *about);
int pdiag_event_take_metrics(struct pdiag_bytes *from, struct pdiag_event *event);
int pdiag_event_take_culprits(struct pdiag_bytes *from, struct pdiag_event *event);
int pdiag_event_take_profile(struct pdiag_bytes *from, struct pdiag_event *event);

#endif
