/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading an event from where it lies. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "journal/event_image.h"
#include "journal/journal.h"
#include "util/array.h"

/* What is read into. */
struct reading {
	struct pdiag_event *event;
	struct pdiag_event_about about;
	bool info_only;
	bool informed; /* INFO has been there */
	uint32_t types; /* bits of those that have been there, of which an event has one each */
};

static int take_frame(struct reading *r, uint16_t type, struct pdiag_bytes *body)
{
	if (type == PDIAG_JOURNAL_INFO) {
		if (r->informed)
			return -EBADMSG;
		r->informed = true;
		return pdiag_event_take_info(body, r->event, &r->about);
	}
	if (!r->informed || (type < 32 && r->types & 1u << type))
		return -EBADMSG;
	if (type == PDIAG_JOURNAL_METRICS || type == PDIAG_JOURNAL_CULPRITS)
		r->types |= 1u << type;
	switch (type) {
	case PDIAG_JOURNAL_METRICS:
		return pdiag_event_take_metrics(body, r->event);
	case PDIAG_JOURNAL_CULPRITS:
		return pdiag_event_take_culprits(body, r->event);
	case PDIAG_JOURNAL_PROFILE:
		return pdiag_event_take_profile(body, r->event);
	default:
		return 0;
	}
}

static int read_frame(int fd, uint64_t at, const struct pdiag_journal_frame *f, struct reading *r)
{
	pdiag_auto_free uint8_t *data = malloc((size_t)f->len + 1);
	pdiag_auto_free void *own = NULL;
	struct pdiag_bytes body;
	int ret;

	if (!data)
		return -ENOMEM;
	ret = pdiag_journal_pread(fd, data, f->len, at + PDIAG_JOURNAL_HEAD);
	if (!ret && !pdiag_journal_frame_check(f, data))
		ret = -EBADMSG;
	if (!ret)
		ret = pdiag_journal_frame_body(f, data, &body, &own);
	return ret ? ret : take_frame(r, f->type, &body);
}

/* It was whole when it was found; it may have been damaged since. */
static int read_frames(int fd, const struct pdiag_journal_entry *entry, struct reading *r)
{
	uint64_t at = entry->offset, end = at + entry->len;
	uint8_t head[PDIAG_JOURNAL_HEAD];
	struct pdiag_journal_frame f;
	int ret = 0;

	while (at < end && !ret && !(r->info_only && r->informed)) {
		ret = pdiag_journal_pread(fd, head, sizeof(head), at);
		if (ret)
			return ret;
		if (!pdiag_journal_frame_head(head, at, &f) || f.id != entry->id ||
			pdiag_journal_frame_size(&f) > end - at)
			return -EBADMSG;
		ret = read_frame(fd, at, &f, r);
		at += pdiag_journal_frame_size(&f);
	}
	return ret;
}

static bool goes_on(const struct pdiag_event_info *info)
{
	return info->phase == PDIAG_EVENT_BEGUN || info->phase == PDIAG_EVENT_UPDATED;
}

static int load(struct pdiag_journal *j, const struct pdiag_journal_entry *entry, uint64_t live,
	struct reading *r)
{
	pdiag_auto_close int fd = pdiag_journal_open_file(j, entry->file, O_RDONLY);
	int ret = fd < 0 ? fd : pdiag_event_new(j->context, &r->event);

	if (ret)
		return ret;
	ret = read_frames(fd, entry, r);
	if (!ret && !r->informed)
		ret = -EBADMSG;
	if (ret) {
		pdiag_event_destroy(r->event);
		return ret == -ENODATA ? -EBADMSG : ret;
	}
	r->event->info.id = entry->id;
	if (goes_on(&r->event->info) && (!live || r->about.session < live))
		r->event->info.phase = PDIAG_EVENT_CUT;
	return 0;
}

int pdiag_journal_load(struct pdiag_journal *j, const struct pdiag_journal_entry *entry,
	uint64_t live, struct pdiag_event **out)
{
	struct reading r = { 0 };
	int ret = load(j, entry, live, &r);

	if (!ret)
		*out = r.event;
	return ret;
}

int pdiag_journal_load_info(struct pdiag_journal *j, const struct pdiag_journal_entry *entry,
	uint64_t live, struct pdiag_event **out, struct pdiag_event_info *info)
{
	struct reading r = { .info_only = true };
	int ret = load(j, entry, live, &r);

	if (ret)
		return ret;
	info->size = sizeof(*info);
	ret = pdiag_event_get_info(r.event, info);
	info->metrics = r.about.metrics;
	info->culprits = r.about.culprits;
	info->evidence = r.about.evidence;
	*out = r.event;
	return ret;
}
