/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile as bytes, with names for all its frames, so that nothing has to be looked up when it
 * is read: that may be years later and elsewhere. What comes of the bytes is the same profile in
 * all that outputs and comparisons see. Its modules are not of this machine, in this boot.
 *
 *	times	   start, end, extra duration, start since 1970, period, hz
 *	texts	   a list that all others name by number
 *	modules	   kind, path, inode, generation, device, pid, birth, reason
 *	frames	   module, value, the symbol and those that it is inlined into
 *	nodes	   how far before it the parent is, frame; the root is not there
 *	threads	   pid, tid, comm, process
 *	entries	   thread, node, state as sampled, flags, samples, weight
 *	losses	   coarseness, the totals, the lines
 */
#ifndef PDIAG_JOURNAL_PROFILE_IMAGE_H
#define PDIAG_JOURNAL_PROFILE_IMAGE_H

#include "journal/bytes.h"
#include "profile/profile.h"

/* Deeper than any stack with the one of who woke it. */
#define PDIAG_IMAGE_DEPTH_MAX 4096u
/* Functions inlined into each other. */
#define PDIAG_IMAGE_CALLERS_MAX 64u

/* Look up the names that are missing, and add the bytes. 0, or -ENOMEM (with its sentence). */
int pdiag_profile_put(struct pdiag_text *to, struct pdiag_profile *profile);
/* A profile that is not in its context's list. 0, -ENOMEM, or -EBADMSG: they are not one. */
int pdiag_profile_take(struct pdiag_bytes *from, struct pdiag *context, struct pdiag_profile **out);

#endif
