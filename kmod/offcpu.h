/* SPDX-License-Identifier: GPL-2.0-only */
/* Time away from the CPU, blocked and waiting told apart. */
#ifndef PDIAG_OFFCPU_H
#define PDIAG_OFFCPU_H

#include "session.h"

/* For a session with PDIAG_KMOD_OFF_CPU. Adds to session->total_bytes. */
int pdiag_offcpu_new(struct pdiag_session *session, const struct pdiag_kmod_session *options);
/* What it will take. */
u64 pdiag_offcpu_bytes(const struct pdiag_kmod_session *options);
void pdiag_offcpu_free(struct pdiag_session *session);
int pdiag_offcpu_start(struct pdiag_session *session);
/*
 * Of a session that has stopped: tell of those that are still away, up to the stop. Returns how
 * many found no room and wait for the next call.
 */
u64 pdiag_offcpu_end(struct pdiag_session *session);
/*
 * A flight recorder was frozen, and nothing writes to it any more: tell of those that are away, as
 * far as an eighth of each ring holds it. The rest is counted, each time.
 */
void pdiag_offcpu_freeze(struct pdiag_session *session);
/*
 * It is to go on: those that did not run meanwhile are still away, of the others nobody knows.
 * Followed by pdiag_offcpu_thawed() when tasks are seen again.
 */
void pdiag_offcpu_thaw(struct pdiag_session *session);
void pdiag_offcpu_thawed(struct pdiag_session *session);
/* Followed by pdiag_hook_sync(). */
void pdiag_offcpu_stop(struct pdiag_session *session);
const char *pdiag_offcpu_why_not(void);

#endif
