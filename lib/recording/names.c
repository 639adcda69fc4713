/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/error.h"
#include "profile/profile.h"
#include "recording/recording.h"
#include "util/array.h"

/* Says if `a` tells more than `b`; both may be NULL. */
static bool tells_more(const struct pdiag_symbol *a, const struct pdiag_symbol *b)
{
	return a && (!b || (b->reason && !a->reason));
}

static int keep_frame(struct pdiag_profile *kept, const struct pdiag_frame *frame)
{
	uint32_t id = pdiag_profile_frame(kept, frame->module, frame->value);
	struct pdiag_symbol symbol;

	if (id == PDIAG_ID_NONE)
		return -ENOMEM;
	if (!tells_more(frame->symbol, kept->frames[id].symbol))
		return 0;
	/* A recording has no more than this of a name. */
	symbol = *frame->symbol;
	symbol.file = NULL;
	symbol.caller = NULL;
	return pdiag_profile_name(kept, id, &symbol);
}

int pdiag_recording_keep_frames(struct pdiag_profile **kept, const struct pdiag_profile *profile)
{
	int ret = 0;

	if (!*kept)
		ret = pdiag_profile_new_borrowed(profile->context, kept);
	for (size_t i = 0; i < profile->frame_count && !ret; i++)
		ret = keep_frame(*kept, &profile->frames[i]);
	return ret;
}

/* By value in each module, whichever profile a frame came with. */
static int by_place(const void *a, const void *b)
{
	const struct pdiag_frame *x = *(const struct pdiag_frame *const *)a;
	const struct pdiag_frame *y = *(const struct pdiag_frame *const *)b;

	if (x->module->id != y->module->id)
		return x->module->id < y->module->id ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
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

static int put_all(struct pdiag_recording *r, const struct pdiag_frame *const *frames,
	size_t count, uint64_t time)
{
	const struct pdiag_module *module = NULL;
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++) {
		if (frames[i]->module != module) {
			module = frames[i]->module;
			ret = put_module(r, module, time);
		}
		if (!ret)
			ret = put_name(r, frames[i], time);
	}
	return ret;
}

/* What the profile has names for is not looked up again. */
static int resolve_kept(struct pdiag_profile *kept, const struct pdiag_profile *profile)
{
	struct pdiag_frame *frame;
	uint32_t id;

	for (size_t i = 0; i < kept->frame_count; i++) {
		frame = &kept->frames[i];
		id = pdiag_profile_find_frame(profile, frame->module, frame->value);
		if (id != PDIAG_ID_NONE && !tells_more(frame->symbol, profile->frames[id].symbol))
			frame->symbol = profile->frames[id].symbol;
	}
	return pdiag_profile_resolve(kept, NULL);
}

/* The frames of `from` that have names and are not in `but`, which may be NULL. */
static size_t gather(const struct pdiag_profile *from, const struct pdiag_profile *but,
	const struct pdiag_frame **frames)
{
	const struct pdiag_frame *f;
	size_t count = 0;

	for (size_t i = 0; i < from->frame_count; i++) {
		f = &from->frames[i];
		if (f->symbol && (!but || pdiag_profile_find_frame(but, f->module, f->value) ==
						  PDIAG_ID_NONE))
			frames[count++] = f;
	}
	return count;
}

int pdiag_recording_put_names(struct pdiag_recording *r, struct pdiag_profile *kept,
	struct pdiag_profile *profile, uint64_t time)
{
	pdiag_auto_free const struct pdiag_frame **frames = NULL;
	size_t count;
	int ret;

	ret = pdiag_profile_resolve(profile, NULL);
	if (!ret && kept)
		ret = resolve_kept(kept, profile);
	if (ret)
		return ret;
	count = profile->frame_count + (kept ? kept->frame_count : 0);
	frames = malloc((count + 1) * sizeof(*frames));
	if (!frames)
		return pdiag_fail_memory("writing names to a recording");
	count = gather(profile, kept, frames);
	if (kept)
		count += gather(kept, NULL, frames + count);
	qsort(frames, count, sizeof(*frames), by_place);
	return put_all(r, frames, count, time);
}
