/* SPDX-License-Identifier: GPL-2.0-only */
/* Task dumps: the stacks of all runnable and uninterruptible tasks, on request or by a trigger. */
#ifndef PDIAG_TASKS_H
#define PDIAG_TASKS_H

#include "session.h"

/* For a session with PDIAG_KMOD_TASKS. Adds to session->total_bytes. */
int pdiag_tasks_new(struct pdiag_session *session, const struct pdiag_kmod_session *options);
/* When nothing of the session runs any more. NULL tasks are fine. */
void pdiag_tasks_free(struct pdiag_session *session);
/* The ring that dumps arrive in. */
struct pdiag_ring *pdiag_tasks_ring(struct pdiag_tasks *tasks);
/* Add what it did. */
void pdiag_tasks_stats(const struct pdiag_tasks *tasks, struct pdiag_kmod_stats *stats);
/* Triggers are looked at between these two. Stop returns when no dump is being made. */
int pdiag_tasks_start(struct pdiag_session *session);
void pdiag_tasks_stop(struct pdiag_session *session);
/* Requests of user space, session->lock held. Structs are copied in and out by the caller. */
int pdiag_tasks_dump(struct pdiag_session *session, struct pdiag_kmod_dump *dump);
int pdiag_tasks_trigger(struct pdiag_session *session, const struct pdiag_kmod_trigger *trigger);
/* Why stacks of other tasks cannot be had on this kernel; NULL: they can. */
const char *pdiag_tasks_why_no_kernel(void);
const char *pdiag_tasks_why_no_user(void);

#endif
