/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding the events of a file: what is whole, what is damaged, and where the end was cut. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/event_image.h"
#include "journal/journal.h"
#include "util/array.h"

/* How much is read at a time, or more for a longer body. */
#define READ 65536u

struct scan {
	int fd;
	uint64_t size; /* of the file */
	/* What was read last, and from where. */
	uint8_t *data;
	size_t len, cap;
	uint64_t start;
};

/* What stands at a place. */
enum what {
	WHOLE,
	DAMAGED, /* more follows behind it */
	CUT,	 /* nothing follows that could be read */
};

/* From the first frame of an event on. */
struct walk {
	struct pdiag_journal_entry entry; /* its id: 0, not known */
	uint64_t at;			  /* the next frame; in the end what is behind the event */
	uint32_t frames;
	bool wrong;
};

/* Up to `len` bytes; *done of them were there. */
static int read_some(int fd, void *to, size_t len, uint64_t offset, size_t *done)
{
	ssize_t n;

	for (*done = 0; *done < len; *done += (size_t)n) {
		n = pread(fd, (char *)to + *done, len - *done, (off_t)(offset + *done));
		if (!n)
			break;
		if (n < 0 && errno != EINTR)
			return -errno;
		n = n < 0 ? 0 : n;
	}
	return 0;
}

int pdiag_journal_pread(int fd, void *to, size_t len, uint64_t offset)
{
	size_t done;
	int ret = read_some(fd, to, len, offset, &done);

	return ret ? ret : done == len ? 0 : -ENODATA;
}

/* These bytes, until others are asked for. -ENODATA: the file ends before. */
static int bytes_at(struct scan *s, uint64_t at, size_t len, const uint8_t **out)
{
	size_t want = len > READ ? len : READ;
	int ret;

	if (at < s->start || at - s->start > s->len || s->len - (at - s->start) < len) {
		s->len = 0;
		if (pdiag_array_reserve(&s->data, &s->cap, want, 1))
			return -ENOMEM;
		ret = read_some(s->fd, s->data, want, at, &s->len);
		if (ret) {
			s->len = 0;
			return ret;
		}
		s->start = at;
	}
	*out = s->data + (at - s->start);
	return s->len - (at - s->start) < len ? -ENODATA : 0;
}

/* 1: a head is there; 0: not; or a negative errno. */
static int head_at(struct scan *s, uint64_t at, struct pdiag_journal_frame *f)
{
	const uint8_t *head;
	int ret;

	if (at > s->size || s->size - at < PDIAG_JOURNAL_HEAD)
		return 0;
	ret = bytes_at(s, at, PDIAG_JOURNAL_HEAD, &head);
	if (ret)
		return ret == -ENODATA ? 0 : ret;
	return pdiag_journal_frame_head(head, at, f);
}

/* The next head from *at on, at a multiple of 8. 1: there it is; 0: none; or a negative errno. */
static int next_head(struct scan *s, uint64_t *at)
{
	struct pdiag_journal_frame f;
	int ret;

	for (; *at < s->size; *at += 8) {
		ret = head_at(s, *at, &f);
		if (ret)
			return ret;
	}
	return 0;
}

/* Read and check the body of the frame at w->at. 0 or a negative errno. */
static int check_body(struct scan *s, struct walk *w, const struct pdiag_journal_frame *f)
{
	struct pdiag_bytes body;
	const uint8_t *data;
	uint32_t phase = 0;
	void *own;
	int ret;

	ret = bytes_at(s, w->at + PDIAG_JOURNAL_HEAD, f->len, &data);
	if (ret)
		return ret;
	if (!pdiag_journal_frame_check(f, data)) {
		w->wrong = true;
		return 0;
	}
	if (f->type != PDIAG_JOURNAL_INFO && f->type != PDIAG_JOURNAL_END)
		return 0;
	ret = pdiag_journal_frame_body(f, data, &body, &own);
	if (ret == -EBADMSG) {
		w->wrong = true;
		return 0;
	}
	if (ret)
		return ret;
	if (f->type == PDIAG_JOURNAL_INFO) {
		w->wrong |= w->frames ||
			pdiag_event_take_phase(body, &w->entry.session, &phase);
		w->entry.phase = (uint16_t)phase;
	} else {
		w->wrong |= pdiag_take_u64(&body) != w->at - w->entry.offset ||
			pdiag_take_u64(&body) != w->frames || body.wrong;
	}
	free(own);
	return 0;
}

/*
 * One frame of the walk. 1: go on; else the walk is over and *what says how; or a negative errno.
 */
static int step(struct scan *s, struct walk *w, enum what *what)
{
	struct pdiag_journal_frame f;
	uint64_t start = w->at;
	int ret = head_at(s, w->at, &f);

	if (ret < 0)
		return ret;
	if (!ret) {
		w->wrong = true;
		w->at += 8;
		ret = next_head(s, &w->at);
		*what = CUT;
		return ret;
	}
	if (pdiag_journal_frame_size(&f) > s->size - w->at) {
		*what = CUT;
		return 0;
	}
	if (f.type == PDIAG_JOURNAL_INFO && start != w->entry.offset) {
		*what = DAMAGED;
		return 0;
	}
	if (start == w->entry.offset)
		w->entry.id = f.id;
	w->wrong |= f.id != w->entry.id || w->frames >= PDIAG_JOURNAL_FRAMES_MAX ||
		(!w->frames && f.type != PDIAG_JOURNAL_INFO);
	ret = check_body(s, w, &f);
	if (ret)
		return ret == -ENODATA ? (*what = CUT, 0) : ret;
	w->frames++;
	w->at += pdiag_journal_frame_size(&f);
	if (f.type != PDIAG_JOURNAL_END)
		return 1;
	*what = w->wrong ? DAMAGED : WHOLE;
	return 0;
}

/* The event, or what is left of one, at f->scanned. 0 or a negative errno. */
static int walk_event(struct scan *s, const struct pdiag_journal_file *f, struct walk *w,
	enum what *what)
{
	int ret;

	*w = (struct walk){ .at = f->scanned,
		.entry = { .offset = f->scanned, .file = f->number } };
	do
		ret = step(s, w, what);
	while (ret > 0);
	w->entry.len = w->at - w->entry.offset;
	w->entry.damaged = *what == DAMAGED;
	return ret;
}

/* Frames tell enough of themselves: if there are some, only the header is damaged. */
static int scan_headless(struct scan *s, struct pdiag_journal_file *f)
{
	uint64_t at = PDIAG_JOURNAL_HEADER;
	int ret = next_head(s, &at);

	if (ret < 0)
		return ret;
	f->foreign = !ret;
	f->headless = f->usable = ret;
	f->damaged = f->headless;
	f->scanned = PDIAG_JOURNAL_HEADER;
	return 0;
}

static int scan_header(struct scan *s, struct pdiag_journal_file *f)
{
	const uint8_t *bytes;
	struct pdiag_journal_header h;
	int ret;

	/* One that is being made, or was cut within its header. */
	if (s->size < PDIAG_JOURNAL_HEADER)
		return 0;
	ret = bytes_at(s, 0, PDIAG_JOURNAL_HEADER, &bytes);
	if (ret)
		return ret == -ENODATA ? 0 : ret;
	if (!pdiag_journal_header_check(bytes, &h))
		return scan_headless(s, f);
	if (h.major != PDIAG_JOURNAL_MAJOR) {
		f->foreign = true;
		return 0;
	}
	f->usable = true;
	f->scanned = h.len;
	f->next_id = h.next_id;
	f->session = h.session;
	return 0;
}

static int scan_events(struct pdiag_journal *j, struct pdiag_journal_file *f, struct scan *s)
{
	enum what what = CUT;
	struct walk w;
	int ret;

	while (f->scanned < s->size) {
		ret = walk_event(s, f, &w, &what);
		if (ret)
			return ret;
		if (what == CUT)
			return 0;
		if (w.entry.id) {
			ret = pdiag_journal_add_entry(j, &w.entry);
			if (ret)
				return ret;
		}
		f->damaged += what == DAMAGED;
		f->scanned = w.at;
	}
	return 0;
}

int pdiag_journal_scan(struct pdiag_journal *j, struct pdiag_journal_file *f, int fd)
{
	struct scan s = { .fd = fd, .size = f->size };
	int ret = 0;

	if (!f->usable)
		ret = scan_header(&s, f);
	if (!ret && f->usable)
		ret = scan_events(j, f, &s);
	free(s.data);
	return ret;
}
