/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counters of devices that come and go, added up without a false step: a device adds what it
 * counted since it was seen last, one that is new adds nothing yet, one that is gone takes nothing
 * away.
 */
#ifndef PDIAG_METRIC_DEVICES_H
#define PDIAG_METRIC_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#define PDIAG_DEVICE_NAME 32
#define PDIAG_DEVICE_VALUES 12
/* More are not followed. */
#define PDIAG_DEVICES_MAX 4096

struct pdiag_metric_device {
	char name[PDIAG_DEVICE_NAME]; /* cut, if need be; with a NUL */
	uint64_t base[PDIAG_DEVICE_VALUES];
	uint64_t round;	      /* in which it was seen last */
	uint32_t kind;	      /* the family's, decided when it is new; 0: to be decided */
	uint32_t known;	      /* base is */
};

struct pdiag_metric_devices {
	struct pdiag_metric_device *list; /* in the order of the file */
	size_t count, cap, next, seen;
	uint64_t round;
	int error; /* -ENOMEM: a new one is not there */
	uint64_t sums[2 * PDIAG_DEVICE_VALUES]; /* what the family adds up */
};

/* A new text begins. */
void pdiag_metric_devices_begin(struct pdiag_metric_devices *d);
/* The device of that name, made if it is new; NULL: too many, seen already, or no memory. */
struct pdiag_metric_device *pdiag_metric_devices_get(
	struct pdiag_metric_devices *d, const char *name, size_t len);
/* The text is over: forget those that were not in it. */
void pdiag_metric_devices_end(struct pdiag_metric_devices *d);
void pdiag_metric_devices_free(struct pdiag_metric_devices *d);

/*
 * What was counted since the device was seen last. Where a value has gone down it is 0, and its bit
 * is in what is returned; all are 0 of a device that is new. `now` is the base from here on.
 */
uint32_t pdiag_metric_device_step(struct pdiag_metric_device *device, const uint64_t *now,
	uint32_t n, uint64_t *delta);

#endif
