/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch/ordinary.h"

#include <string.h>

bool pdiag_ordinary_keep(
	struct pdiag_ordinary *o, struct pdiag_profile *fresh, uint64_t room)
{
	uint64_t bytes = pdiag_profile_bytes(fresh);

	if (bytes > room) {
		pdiag_profile_destroy(fresh);
		return false;
	}
	while (o->count &&
		(o->count == PDIAG_ORDINARY_MAX || pdiag_ordinary_bytes(o) + bytes > room))
		pdiag_profile_destroy(o->list[--o->count]);
	memmove(o->list + 1, o->list, o->count * sizeof(o->list[0]));
	o->list[0] = fresh;
	o->count++;
	return true;
}

struct pdiag_profile *pdiag_ordinary_since(struct pdiag_ordinary *o, uint64_t time_ns)
{
	struct pdiag_profile *newest = o->count ? o->list[0] : NULL;

	if (!newest || newest->end_time <= time_ns)
		return NULL;
	o->count--;
	memmove(o->list, o->list + 1, o->count * sizeof(o->list[0]));
	return newest;
}

int pdiag_ordinary_before(struct pdiag_ordinary *o, uint64_t from_ns, uint64_t onset_ns,
	struct pdiag_profile *before, uint64_t *after_ns)
{
	struct pdiag_profile *last = o->count ? o->list[0] : NULL, *gone;
	int ret = 0;

	*after_ns = 0;
	if (last && last->start_time < onset_ns && from_ns >= last->end_time &&
		from_ns - last->end_time <= PDIAG_ORDINARY_GAP_NS) {
		ret = pdiag_profile_merge(before, last);
		if (!ret && last->end_time > onset_ns)
			*after_ns = last->end_time - onset_ns;
	}
	/* What has the event in it is not what it is compared with. */
	while ((gone = pdiag_ordinary_since(o, onset_ns)))
		pdiag_profile_destroy(gone);
	return ret;
}

int pdiag_ordinary_all(const struct pdiag_ordinary *o, struct pdiag *context,
	struct pdiag_profile **out)
{
	struct pdiag_profile *all;
	int ret = pdiag_profile_new_borrowed(context, &all);

	if (ret)
		return ret;
	for (uint32_t i = o->count; !ret && i-- > 0;)
		ret = pdiag_profile_merge(all, o->list[i]);
	if (ret) {
		pdiag_profile_destroy(all);
		return ret;
	}
	*out = all;
	return 0;
}

uint64_t pdiag_ordinary_bytes(const struct pdiag_ordinary *o)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < o->count; i++)
		bytes += pdiag_profile_bytes(o->list[i]);
	return bytes;
}

void pdiag_ordinary_free(struct pdiag_ordinary *o)
{
	while (o->count)
		pdiag_profile_destroy(o->list[--o->count]);
}
