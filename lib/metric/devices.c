/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metric/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

void pdiag_metric_devices_begin(struct pdiag_metric_devices *d)
{
	d->round++;
	d->next = d->seen = 0;
	d->error = 0;
}

static int same(const struct pdiag_metric_device *device, const char *name, size_t len)
{
	return !memcmp(device->name, name, len) && !device->name[len];
}

/* Files keep their order, so it is nearly always the one after the last. */
static struct pdiag_metric_device *find(
	struct pdiag_metric_devices *d, const char *name, size_t len)
{
	for (size_t i = d->next; i < d->count; i++)
		if (same(&d->list[i], name, len))
			return &d->list[i];
	for (size_t i = 0; i < d->next && i < d->count; i++)
		if (same(&d->list[i], name, len))
			return &d->list[i];
	return NULL;
}

static struct pdiag_metric_device *insert(
	struct pdiag_metric_devices *d, const char *name, size_t len)
{
	struct pdiag_metric_device *device;

	if (d->count >= PDIAG_DEVICES_MAX)
		return NULL;
	if (pdiag_array_reserve(&d->list, &d->cap, d->count + 1, sizeof(*d->list))) {
		d->error = -ENOMEM;
		return NULL;
	}
	device = &d->list[d->next];
	memmove(device + 1, device, (d->count - d->next) * sizeof(*device));
	d->count++;
	memset(device, 0, sizeof(*device));
	memcpy(device->name, name, len);
	return device;
}

struct pdiag_metric_device *pdiag_metric_devices_get(
	struct pdiag_metric_devices *d, const char *name, size_t len)
{
	struct pdiag_metric_device *device;

	if (len >= PDIAG_DEVICE_NAME)
		len = PDIAG_DEVICE_NAME - 1;
	if (memchr(name, '\0', len))
		return NULL;
	device = find(d, name, len);
	if (!device)
		device = insert(d, name, len);
	/* Twice in one text: two names that are cut alike, or nonsense. */
	if (!device || device->round == d->round)
		return NULL;
	device->round = d->round;
	d->seen++;
	d->next = (size_t)(device - d->list) + 1;
	return device;
}

void pdiag_metric_devices_end(struct pdiag_metric_devices *d)
{
	size_t kept = 0;

	if (d->seen == d->count)
		return;
	for (size_t i = 0; i < d->count; i++)
		if (d->list[i].round == d->round)
			d->list[kept++] = d->list[i];
	d->count = kept;
}

void pdiag_metric_devices_free(struct pdiag_metric_devices *d)
{
	free(d->list);
	memset(d, 0, sizeof(*d));
}

uint32_t pdiag_metric_device_step(struct pdiag_metric_device *device, const uint64_t *now,
	uint32_t n, uint64_t *delta)
{
	uint32_t down = 0;

	for (uint32_t i = 0; i < n; i++) {
		delta[i] = 0;
		if (device->known && now[i] < device->base[i])
			down |= 1u << i;
		else if (device->known)
			delta[i] = now[i] - device->base[i];
		device->base[i] = now[i];
	}
	device->known = 1;
	return down;
}
