/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/names.h"

#include <stdlib.h>

#include "core/error.h"
#include "profile/profile.h"
#include "recording/recording.h"
#include "util/array.h"

/* A frame's place in the order of writing. */
struct place {
	uint32_t module, frame;
};

static int by_module(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

static int put_module(struct pdiag_recording *r, const struct pdiag_module *m, uint64_t time)
{
	const struct pdiag_record record = {
		.type = PDIAG_RECORD_MODULE,
		.cpu = -1,
		.time = time,
		.module = {
			.id = m->id,
			.kind = m->kind,
			.reason = m->reason,
			.inode = m->inode,
			.generation = m->generation,
			.born = m->born,
			.major = m->major,
			.minor = m->minor,
			.pid = m->pid,
			.path = m->path,
		},
	};

	return pdiag_recording_put(r, &record);
}

static int put_name(struct pdiag_recording *r, const struct pdiag_frame *frame, uint64_t time)
{
	const struct pdiag_symbol *s = frame->symbol;
	const struct pdiag_record record = {
		.type = PDIAG_RECORD_NAME,
		.cpu = -1,
		.time = time,
		.name = {
			.value = frame->value,
			.address = s->address,
			.size = s->size,
			.offset = s->offset,
			.kind = s->kind,
			.reason = s->reason,
			.name = s->name,
			.raw_name = s->raw_name,
			.module = s->module,
		},
	};

	return pdiag_recording_put(r, &record);
}

static int put_all(struct pdiag_recording *r, const struct pdiag_profile *profile,
	const struct place *places, size_t count, uint64_t time)
{
	const struct pdiag_module *module = NULL;
	const struct pdiag_frame *frame;
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++) {
		frame = &profile->frames[places[i].frame];
		if (frame->module != module) {
			module = frame->module;
			ret = put_module(r, module, time);
		}
		if (!ret)
			ret = put_name(r, frame, time);
	}
	return ret;
}

int pdiag_recording_put_names(struct pdiag_recording *r, struct pdiag_profile *profile,
	uint64_t time)
{
	pdiag_auto_free struct place *places = NULL;
	size_t count = 0;
	int ret;

	ret = pdiag_profile_resolve(profile, NULL);
	if (ret)
		return ret;
	places = malloc((profile->frame_count + 1) * sizeof(*places));
	if (!places)
		return pdiag_fail_memory("writing names to a recording");
	for (size_t i = 0; i < profile->frame_count; i++)
		if (profile->frames[i].symbol)
			places[count++] = (struct place){
				profile->frames[i].module->id, (uint32_t)i
			};
	qsort(places, count, sizeof(*places), by_module);
	return put_all(r, profile, places, count, time);
}
