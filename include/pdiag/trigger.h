/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Triggers: what the kernel module watches the machine for, to act at that moment. */
#ifndef PDIAG_TRIGGER_H
#define PDIAG_TRIGGER_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

enum pdiag_trigger_on {
	PDIAG_TRIGGER_LOAD = 0,	    /* the 1-minute load average, in hundredths */
	PDIAG_TRIGGER_RUNNABLE = 1, /* tasks that run or want to */
	PDIAG_TRIGGER_BLOCKED = 2,  /* tasks in uninterruptible sleep, but idle kernel threads */
};

/* One of each enum pdiag_trigger_on may be set. */
struct pdiag_trigger {
	size_t size;	      /* sizeof(struct pdiag_trigger) */
	uint32_t on;	      /* enum pdiag_trigger_on */
	uint32_t off;	      /* 1: take this trigger away */
	uint64_t rise;	      /* it fires at or above this, ... */
	uint32_t hold_ms;     /* ... when that was so for this long ... */
	uint32_t cooldown_ms; /* ... and not again before this is over; 0: 60,000 */
	uint32_t check_ms;    /* how often it is looked at; 0: 200; at least 10 */
	uint32_t reserved;    /* 0 */
};

PDIAG_END_DECLS

#endif
