/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal as callers see it. */
#include "journal/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/options.h"
#include "journal/event_image.h"
#include "util/array.h"

#define MAX_BYTES_DEFAULT (256ull << 20)
#define MAX_BYTES_LEAST (1ull << 20)

_Static_assert(sizeof(struct pdiag_journal_options) == sizeof(size_t) + 8 + 2 * 4,
	"no holes in struct pdiag_journal_options");
_Static_assert(sizeof(struct pdiag_journal_info) == sizeof(size_t) + 6 * 8,
	"no holes in struct pdiag_journal_info");

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void destroy(struct pdiag_journal *j)
{
	close_fd(j->fd);
	close_fd(j->lock);
	close_fd(j->dir);
	free(j->files);
	free(j->entries);
	free(j->path);
	free(j);
}

static void destroy_child(struct pdiag_child *child)
{
	destroy(pdiag_container(child, struct pdiag_journal, child));
}

static bool read_only(const struct pdiag_journal *j)
{
	return j->flags & PDIAG_JOURNAL_READ_ONLY;
}

static int check_options(const struct pdiag_journal_options *opt)
{
	if ((opt->flags & ~(PDIAG_JOURNAL_READ_ONLY | PDIAG_JOURNAL_NO_SYNC)) || opt->reserved)
		return pdiag_fail(EINVAL, "pdiag_journal_options: flags are 0x%x, only "
			"PDIAG_JOURNAL_READ_ONLY and PDIAG_JOURNAL_NO_SYNC are known; reserved "
			"must be 0", opt->flags);
	if (opt->max_bytes && opt->max_bytes < MAX_BYTES_LEAST)
		return pdiag_fail(EINVAL, "pdiag_journal_options: max_bytes is %llu, the least is "
			"%llu; 0 is the default", (unsigned long long)opt->max_bytes,
			MAX_BYTES_LEAST);
	return 0;
}

static int sync_files(struct pdiag_journal *j)
{
	int ret = pdiag_journal_sync(j);

	if (ret == -ENOMEM)
		return pdiag_fail_memory("reading a journal");
	return ret ? pdiag_fail(-ret, "cannot read the journal %s: %s", j->path, strerror(-ret)) :
		     0;
}

/* What others append is looked for each time; a writer knows what it has. */
static int refresh(struct pdiag_journal *j)
{
	return read_only(j) ? sync_files(j) : 0;
}

/* Ours is the one after all that were there. */
static uint64_t next_session(const struct pdiag_journal *j)
{
	uint64_t last = 0;

	for (size_t i = 0; i < j->entry_count; i++)
		if (j->entries[i].session > last && !j->entries[i].damaged)
			last = j->entries[i].session;
	for (size_t i = 0; i < j->file_count; i++)
		if (j->files[i].session > last)
			last = j->files[i].session;
	return last + 1;
}

static int open_all(struct pdiag_journal *j)
{
	int ret = pdiag_journal_open_folder(j);

	if (!ret && !read_only(j))
		ret = pdiag_journal_take_lock(j);
	if (!ret)
		ret = sync_files(j);
	if (ret || read_only(j))
		return ret;
	j->session = next_session(j);
	/* Only in a journal that somebody else has made up. */
	if (j->session > PDIAG_JOURNAL_ID_MAX)
		return pdiag_fail(EOVERFLOW, "the journal %s has no number left for another "
			"writer; name another folder", j->path);
	pdiag_journal_resume(j);
	return pdiag_journal_tell_session(j);
}

int pdiag_journal_open(struct pdiag *context, const char *path,
	const struct pdiag_journal_options *options, struct pdiag_journal **out)
{
	struct pdiag_journal_options opt;
	struct pdiag_journal *j;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (ret)
		return ret;
	if (!path || !*path)
		return pdiag_fail(EINVAL, "no path given; name a folder for the journal");
	ret = PDIAG_OPTIONS_COPY(&opt, options, reserved);
	if (!ret)
		ret = check_options(&opt);
	if (ret)
		return ret;
	j = calloc(1, sizeof(*j));
	if (!j)
		return pdiag_fail_memory("opening a journal");
	j->context = context;
	j->dir = j->lock = j->fd = -1;
	j->flags = opt.flags;
	j->max_bytes = opt.max_bytes ? opt.max_bytes : MAX_BYTES_DEFAULT;
	j->path = strdup(path);
	ret = j->path ? open_all(j) : pdiag_fail_memory("opening a journal");
	if (ret) {
		destroy(j);
		return ret;
	}
	pdiag_child_add(context, &j->child, destroy_child);
	*out = j;
	return 0;
}

void pdiag_journal_close(struct pdiag_journal *journal)
{
	if (!journal)
		return;
	pdiag_child_remove(&journal->child);
	destroy(journal);
}

static int check_append(const struct pdiag_journal *j, const struct pdiag_event *event)
{
	if (!event)
		return pdiag_fail(EINVAL, "pdiag_journal_append: event is NULL; give one");
	if (read_only(j))
		return pdiag_fail(EBADF, "the journal %s is open for reading; open it without "
			"PDIAG_JOURNAL_READ_ONLY to write", j->path);
	if (pdiag_context_forked(j->context))
		return pdiag_fail(EPERM, "this journal belongs to the process that fork() left; "
			"open one of your own");
	if (event->info.id > PDIAG_JOURNAL_ID_MAX)
		return pdiag_fail(EINVAL, "the event's id %llu is too large for a journal; give it "
			"0 for the next", (unsigned long long)event->info.id);
	if (event->info.phase > PDIAG_EVENT_PHASE_MAX)
		return pdiag_fail(EINVAL, "the event's phase is %u; the highest is %u",
			event->info.phase, PDIAG_EVENT_PHASE_MAX);
	return 0;
}

static int append(struct pdiag_journal *j, struct pdiag_event *event)
{
	struct pdiag_journal_entry entry = {
		.id = event->info.id ? event->info.id : pdiag_journal_next_id(j),
		.session = j->session,
		.phase = (uint16_t)event->info.phase,
	};
	struct pdiag_text frames = { 0 };
	int ret;

	if (entry.id > PDIAG_JOURNAL_ID_MAX)
		return pdiag_fail(EOVERFLOW, "the journal %s has no number left for another "
			"event; name another folder", j->path);
	ret = pdiag_event_put(&frames, event, entry.id, j->session, j->max_bytes / 2);

	if (ret == -EFBIG)
		ret = pdiag_fail(EFBIG, "event %llu is too large for the journal %s even without "
			"its profiles; raise max_bytes", (unsigned long long)entry.id, j->path);
	if (!ret)
		ret = pdiag_journal_write(j, &frames, &entry);
	pdiag_text_free(&frames);
	if (!ret)
		event->info.id = entry.id;
	return ret;
}

int pdiag_journal_append(struct pdiag_journal *journal, struct pdiag_event *event)
{
	int ret;

	pdiag_error_clear();
	ret = check_append(journal, event);
	if (ret)
		return ret;
	ret = append(journal, event);
	journal->failed += ret != 0;
	return ret;
}

int pdiag_journal_get_info(struct pdiag_journal *journal, struct pdiag_journal_info *info)
{
	struct pdiag_journal_info all = { .removed = journal->removed,
		.failed = journal->failed };
	int ret;

	pdiag_error_clear();
	ret = PDIAG_INFO_CHECK(info, failed, "pdiag_journal_info");
	if (!ret)
		ret = refresh(journal);
	if (ret)
		return ret;
	for (size_t i = 0; i < journal->entry_count; i++)
		all.events += !journal->entries[i].damaged;
	for (size_t i = 0; i < journal->file_count; i++)
		all.damaged += journal->files[i].damaged + journal->files[i].foreign;
	all.bytes = pdiag_journal_bytes(journal);
	all.next_id = pdiag_journal_next_id(journal);
	return PDIAG_INFO_COPY(info, &all, failed, "pdiag_journal_info");
}

static int fail_read(const struct pdiag_journal *j, uint64_t id, int ret)
{
	switch (ret) {
	case -ENOMEM:
		return pdiag_fail_memory("reading an event from a journal");
	case -ENOENT:
		return pdiag_fail(ENOENT, id ? "there is no event %llu in the journal %s, or not "
			"any more" : "there is no event in the journal", (unsigned long long)id,
			j->path);
	case -EBADMSG:
		return pdiag_fail(EBADMSG, "event %llu of the journal %s is damaged",
			(unsigned long long)id, j->path);
	default:
		return pdiag_fail(-ret, "cannot read event %llu of the journal %s: %s",
			(unsigned long long)id, j->path, strerror(-ret));
	}
}

int pdiag_journal_read(struct pdiag_journal *journal, uint64_t id, struct pdiag_event **out)
{
	const struct pdiag_journal_entry *entry;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(journal, out);
	if (!ret)
		ret = refresh(journal);
	if (ret)
		return ret;
	entry = pdiag_journal_find(journal, id);
	if (!entry)
		return fail_read(journal, id, -ENOENT);
	ret = entry->damaged ? -EBADMSG :
		pdiag_journal_load(journal, entry, pdiag_journal_live_session(journal), out);
	if (ret)
		return fail_read(journal, entry->id, ret);
	pdiag_event_hand_over(*out);
	return 0;
}

static int each(struct pdiag_journal *j, const struct pdiag_journal_entry *list, size_t count,
	pdiag_journal_fn fn, void *user)
{
	uint64_t live = pdiag_journal_live_session(j);
	struct pdiag_event_info info;
	struct pdiag_event *event;
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++) {
		if (list[i].damaged)
			continue;
		ret = pdiag_journal_load_info(j, &list[i], live, &event, &info);
		/* It may have gone since, or been damaged: the others are there. */
		if (ret == -ENOENT || ret == -EBADMSG) {
			ret = 0;
			continue;
		}
		if (ret)
			return fail_read(j, list[i].id, ret);
		ret = fn(user, &info);
		pdiag_event_destroy(event);
	}
	return ret;
}

int pdiag_journal_each(struct pdiag_journal *journal, pdiag_journal_fn fn, void *user)
{
	pdiag_auto_free struct pdiag_journal_entry *list = NULL;
	size_t count;
	int ret;

	pdiag_error_clear();
	if (!fn)
		return pdiag_fail(EINVAL, "pdiag_journal_each: fn is NULL; give a function");
	ret = refresh(journal);
	if (ret)
		return ret;
	/* The function may append, or read, which looks for more. */
	count = journal->entry_count;
	list = malloc((count + 1) * sizeof(*list));
	if (!list)
		return pdiag_fail_memory("walking a journal");
	if (count)
		memcpy(list, journal->entries, count * sizeof(*list));
	return each(journal, list, count, fn, user);
}
