/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a file of a journal. The first byte says how: as they are, or as the bodies of
 * frames with right heads and checksums, which gets further: each has a byte before it that says
 * which, and two bytes of length. What is read is looked at in full, and written as a report if
 * the first byte asks for it; then a writer goes on with the file, and nothing that could be
 * read before may be missing.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pdiag/context.h>
#include <pdiag/journal.h>
#include <pdiag/output.h>

#include "event/event.h"
#include "journal/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The first byte. */
#define FRAMES 0x01
#define REPORT 0x02

/* The byte before a body: its type, and what else. */
#define TYPE 0x07
#define NEXT_EVENT 0x08 /* it belongs to the next id */
#define END 0x10	/* a right END follows */
#define IDS 8u

static char folder[64], file[96], second[96];

static void clean_up(void)
{
	char lock[96];

	snprintf(lock, sizeof(lock), "%s/lock", folder);
	unlink(file);
	unlink(second);
	unlink(lock);
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(folder, sizeof(folder), "%s/pdiag-fuzz-XXXXXX",
		access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(folder))
		abort();
	snprintf(file, sizeof(file), "%s/events-00000001.pdj", folder);
	snprintf(second, sizeof(second), "%s/events-00000002.pdj", folder);
	atexit(clean_up);
	return 0;
}

static void add_end(struct pdiag_text *t, uint64_t id, size_t start, uint64_t frames)
{
	struct pdiag_text end = { 0 };

	pdiag_put_u64(&end, t->len - start);
	pdiag_put_u64(&end, frames);
	pdiag_journal_frame_add(t, id, PDIAG_JOURNAL_END, &end);
	pdiag_text_free(&end);
}

static void make_frames(struct pdiag_text *t, const uint8_t *data, size_t size)
{
	const struct pdiag_journal_header h = { .next_id = 1, .session = 1 };
	struct pdiag_text frames = { 0 };
	uint8_t header[PDIAG_JOURNAL_HEADER];
	uint64_t id = 1, count = 0;
	size_t start = 0, len;

	pdiag_journal_header_make(header, &h);
	pdiag_text_add(t, (const char *)header, sizeof(header));
	while (size >= 3) {
		uint8_t which = data[0];
		struct pdiag_text body = { 0 };

		len = (size_t)data[1] | (size_t)data[2] << 8;
		data += 3;
		size -= 3;
		len = len < size ? len : size;
		if (which & NEXT_EVENT) {
			id++;
			start = frames.len;
			count = 0;
		}
		pdiag_text_add(&body, (const char *)data, len);
		pdiag_journal_frame_add(&frames, id, which & TYPE, &body);
		pdiag_text_free(&body);
		count++;
		if (which & END)
			add_end(&frames, id, start, count);
		data += len;
		size -= len;
	}
	pdiag_journal_frames_seal(&frames, sizeof(header));
	pdiag_text_add(t, frames.data ? frames.data : "", frames.len);
	pdiag_text_free(&frames);
}

static void put_file(const void *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, size ? data : "", size) != (ssize_t)size)
		abort();
	close(fd);
}

static int swallow(void *user, const void *data, size_t len)
{
	*(size_t *)user += len ? len + *(const uint8_t *)data : 0;
	return 0;
}

static int count_texts(void *user, const struct pdiag_event_info *info)
{
	*(size_t *)user += strlen(info->sentence) + strlen(info->metric) + strlen(info->unit) +
		strlen(info->rule) + strlen(info->limits) +
		strlen(pdiag_severity_text(info->severity)) +
		strlen(pdiag_event_phase_text(info->phase));
	return 0;
}

static void look(struct pdiag_event *e, bool report)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	const struct pdiag_event_metric *m;
	const struct pdiag_event_point *points;
	const struct pdiag_culprit *c;
	size_t sum = 0;
	const struct pdiag_sink sink = { .size = sizeof(sink), .write = swallow, .user = &sum };

	if (pdiag_event_get_info(e, &info))
		abort();
	count_texts(&sum, &info);
	for (uint32_t i = 0; (m = pdiag_event_metric(e, i, &points)); i++) {
		sum += strlen(m->name) + strlen(m->unit) + strlen(m->description);
		for (uint32_t k = 0; k < m->points; k++)
			sum += points[k].time_ns;
	}
	for (uint32_t i = 0; (c = pdiag_event_culprit(e, i)); i++) {
		sum += strlen(c->sentence) + strlen(c->cgroup);
		for (uint32_t k = 0; k < c->depth; k++)
			for (const struct pdiag_symbol *s = c->frames[k]; s; s = s->caller)
				sum += strlen(s->name) + strlen(s->raw_name) + strlen(s->module);
	}
	if (report && pdiag_event_write_report(e, NULL, &sink))
		abort();
}

/* How many of the first ids can be read. */
static unsigned int read_all(struct pdiag_journal *j, bool closely, bool report)
{
	struct pdiag_event *e;
	unsigned int count = 0;
	size_t sum = 0;

	if (pdiag_journal_each(j, count_texts, &sum))
		abort();
	for (uint64_t id = 0; id <= IDS; id++) {
		if (pdiag_journal_read(j, id, &e))
			continue;
		if (closely)
			look(e, report);
		pdiag_event_free(e);
		count += id != 0;
	}
	return count;
}

static struct pdiag_journal *open_as(struct pdiag *context, uint32_t flags)
{
	const struct pdiag_journal_options o = { .size = sizeof(o), .flags = flags };
	struct pdiag_journal *j;

	return pdiag_journal_open(context, folder, &o, &j) ? NULL : j;
}

static void append(struct pdiag *context, struct pdiag_journal *j)
{
	struct pdiag_event *e;

	if (pdiag_event_new(context, &e))
		abort();
	/* There may be no number left. */
	e->info.phase = PDIAG_EVENT_ENDED;
	pdiag_journal_append(j, e);
	pdiag_event_destroy(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdiag_text made = { 0 };
	struct pdiag_journal *j;
	struct pdiag *context;
	unsigned int before;

	if (!size)
		return 0;
	if (data[0] & FRAMES)
		make_frames(&made, data + 1, size - 1);
	put_file(data[0] & FRAMES ? (const void *)made.data : data + 1,
		data[0] & FRAMES ? made.len : size - 1);
	pdiag_text_free(&made);
	unlink(second);
	if (pdiag_open(NULL, &context))
		abort();
	j = open_as(context, PDIAG_JOURNAL_READ_ONLY);
	if (!j)
		abort();
	before = read_all(j, true, data[0] & REPORT);
	pdiag_journal_close(j);
	j = open_as(context, PDIAG_JOURNAL_NO_SYNC);
	if (j)
		append(context, j);
	pdiag_journal_close(j);
	j = open_as(context, PDIAG_JOURNAL_READ_ONLY);
	if (!j || read_all(j, false, false) < before)
		abort();
	pdiag_close(context);
	return 0;
}
