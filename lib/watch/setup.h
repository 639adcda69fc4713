/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a watch, checked; and the lists that they name. */
#ifndef PDIAG_WATCH_SETUP_H
#define PDIAG_WATCH_SETUP_H

#include "watch/watch.h"

/* Defaults filled in. -EINVAL, -E2BIG with the sentence. */
int pdiag_watch_options_check(
	struct pdiag_watch_options *to, const struct pdiag_watch_options *from);
/* Read the rules and choose the metrics; both are in the watch then, with their detectors. -EINVAL,
 * -ENOENT, -ENOMEM with the sentence. */
int pdiag_watch_set_up(struct pdiag_watch *w);
void pdiag_watch_tear_down(struct pdiag_watch *w);
/* A detector that has learned nothing, for that metric. Its errors. */
int pdiag_watch_detector(const struct pdiag_watch *w, const struct pdiag_watch_metric *m,
	struct pdiag_detector **out);

#endif
