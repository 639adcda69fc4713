/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/kmod_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

/* More CPUs no kernel has. */
#define RINGS_MAX 65536u

static int fail_map(int err)
{
	if (err == -ENOMEM)
		return pdiag_fail_memory("mapping the rings of the kernel module");
	if (err == -EPROTO)
		return pdiag_fail(EPROTO, "the kernel module has rings of sizes that make no "
			"sense");
	return pdiag_fail(-err, "cannot map the rings of the kernel module: %s", strerror(-err));
}

static int map_rings(struct pdiag_ksession *s)
{
	uint32_t count = s->options.nr_rings, mapped = 0;
	int ret;

	if (!count || count > RINGS_MAX)
		return fail_map(-EPROTO);
	s->rings = calloc(count, sizeof(*s->rings));
	if (!s->rings)
		return fail_map(-ENOMEM);
	for (s->nr_rings = 0; s->nr_rings < count; s->nr_rings++) {
		ret = pdiag_kring_map(&s->rings[s->nr_rings], s->fd, s->nr_rings);
		if (ret && ret != -ENXIO)
			return fail_map(ret);
		mapped += !ret;
	}
	return mapped ? 0 : fail_map(-EPROTO);
}

int pdiag_ksession_open(struct pdiag_ksession *s, const struct pdiag_kdevice *d,
	const struct pdiag_kmod_session *options)
{
	int ret;

	*s = (struct pdiag_ksession){ .fd = -1, .options = *options };
	ret = pdiag_kmod_call(d->fd, PDIAG_KMOD_IOC_SESSION, &s->options, sizeof(s->options),
		"a session");
	if (ret < 0)
		return ret;
	s->fd = ret;
	ret = map_rings(s);
	if (ret)
		pdiag_ksession_close(s, false);
	return ret;
}

void pdiag_ksession_close(struct pdiag_ksession *s, bool forked)
{
	for (uint32_t i = 0; i < s->nr_rings && !forked; i++)
		pdiag_kring_unmap(&s->rings[i]);
	free(s->rings);
	s->rings = NULL;
	s->nr_rings = 0;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* A call whose struct is all that it answers. */
static int call(struct pdiag_ksession *s, unsigned long request, void *arg, uint32_t size,
	const char *what)
{
	int ret = pdiag_kmod_call(s->fd, request, arg, size, what);

	return ret < 0 ? ret : 0;
}

int pdiag_ksession_start(struct pdiag_ksession *s)
{
	return call(s, PDIAG_KMOD_IOC_START, NULL, 0, "to start");
}

int pdiag_ksession_stop(struct pdiag_ksession *s)
{
	return call(s, PDIAG_KMOD_IOC_STOP, NULL, 0, "to stop");
}

int pdiag_ksession_freeze(struct pdiag_ksession *s, bool frozen)
{
	return call(s, frozen ? PDIAG_KMOD_IOC_FREEZE : PDIAG_KMOD_IOC_THAW, NULL, 0,
		frozen ? "to freeze" : "to thaw");
}

int pdiag_ksession_flush(struct pdiag_ksession *s, uint64_t *pending)
{
	struct pdiag_kmod_flush flush = { .pending = 0 };
	int ret = call(s, PDIAG_KMOD_IOC_FLUSH, &flush, sizeof(flush), "what waits");

	*pending = ret ? 0 : flush.pending;
	return ret;
}

int pdiag_ksession_stats(struct pdiag_ksession *s, uint32_t ring, struct pdiag_kmod_stats *out)
{
	*out = (struct pdiag_kmod_stats){ .ring = ring };
	return call(s, PDIAG_KMOD_IOC_STATS, out, sizeof(*out), "statistics");
}

int pdiag_ksession_dump(struct pdiag_ksession *s, uint32_t flags, uint64_t *id)
{
	struct pdiag_kmod_dump dump = { .flags = flags };
	int ret = call(s, PDIAG_KMOD_IOC_DUMP, &dump, sizeof(dump), "task dumps");

	*id = ret ? 0 : dump.id;
	return ret;
}

int pdiag_ksession_trigger(struct pdiag_ksession *s, struct pdiag_kmod_trigger *trigger)
{
	return call(s, PDIAG_KMOD_IOC_TRIGGER, trigger, sizeof(*trigger), "triggers");
}

int pdiag_ksession_probe(struct pdiag_ksession *s, struct pdiag_kmod_probe *probe)
{
	return call(s, PDIAG_KMOD_IOC_PROBE, probe, sizeof(*probe), "the probe");
}

int pdiag_ksession_histogram(struct pdiag_ksession *s, struct pdiag_kmod_histogram *out)
{
	return call(s, PDIAG_KMOD_IOC_HISTOGRAM, out, sizeof(*out), "the histogram");
}
