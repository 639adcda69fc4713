/* SPDX-License-Identifier: GPL-2.0-only */
/* Diagnosis probes, as the session sees them. */
#ifndef PDIAG_PROBE_H
#define PDIAG_PROBE_H

#include "session.h"

/* When the module comes and goes. */
void pdiag_probe_init(void);
void pdiag_probe_exit(void);

u32 pdiag_probe_count(void);
/* Fill in all but size and index. -EINVAL: no such probe. */
int pdiag_probe_describe(struct pdiag_kmod_probe_info *info);
/* Requests of user space, session->lock held. Attach works on sessions that run, too. */
int pdiag_probe_attach(struct pdiag_session *session, const struct pdiag_kmod_probe *probe);
int pdiag_probe_histogram(struct pdiag_session *session, struct pdiag_kmod_histogram *histogram);
/* Hooks are in place between these two. Stop returns when none is called any more. */
int pdiag_probe_start(struct pdiag_session *session);
void pdiag_probe_stop(struct pdiag_session *session);
void pdiag_probe_free(struct pdiag_session *session);

#endif
