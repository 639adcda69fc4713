/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of one number of one feature. */
#ifndef PDIAG_DETECT_JUDGED_H
#define PDIAG_DETECT_JUDGED_H

struct pdiag_judged {
	double surprise;  /* in decades */
	double low, high; /* what would have been ordinary, as known before it */
	int direction;	  /* 1: above that, -1: below, 0: neither */
};

#endif
