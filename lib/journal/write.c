/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Appending: the last file, its rotation, and room for it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "journal/journal.h"
#include "util/array.h"
#include "util/clock.h"

/* Of max_bytes; what goes when there is no room is a file. */
#define FILES 8u

static struct pdiag_journal_file *last_file(struct pdiag_journal *j)
{
	return &j->files[j->file_count - 1];
}

/* 0 or a negative errno; some of it may be there then. */
static int write_all(int fd, const void *data, size_t len, uint64_t offset)
{
	ssize_t n;

	while (len) {
		n = pwrite(fd, data, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		data = (const char *)data + n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static void leave_file(struct pdiag_journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

/* Is the open file still what we left, and in its place? Somebody may have cleaned up. */
static bool still_ours(struct pdiag_journal *j)
{
	struct stat st;

	return j->fd >= 0 && !fstat(j->fd, &st) && st.st_nlink == 1 &&
		(uint64_t)st.st_size == last_file(j)->size;
}

/* It was to be the last file, and nothing is in it. */
static void undo_file(struct pdiag_journal *j)
{
	leave_file(j);
	pdiag_journal_unlink(j, last_file(j)->number);
	j->file_count--;
}

static int make_header(struct pdiag_journal *j, struct pdiag_journal_file *f)
{
	uint8_t bytes[PDIAG_JOURNAL_HEADER];
	const struct pdiag_journal_header header = {
		.created = pdiag_clock_ns(CLOCK_REALTIME), .next_id = f->next_id,
		.session = f->session,
	};
	struct stat st;
	int ret;

	pdiag_journal_header_make(bytes, &header);
	ret = write_all(j->fd, bytes, sizeof(bytes), 0);
	/* The name must last as long as what is in it. */
	if (!ret && !(j->flags & PDIAG_JOURNAL_NO_SYNC) && fsync(j->dir) && errno != EINVAL)
		ret = -errno;
	if (!ret && fstat(j->fd, &st))
		ret = -errno;
	if (ret)
		return ret;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->size = f->scanned = sizeof(bytes);
	f->usable = true;
	return 0;
}

static int begin_file(struct pdiag_journal *j)
{
	uint32_t number = j->file_count ? last_file(j)->number + 1 : 1;
	struct pdiag_journal_file f = { .next_id = pdiag_journal_next_id(j),
		.session = j->session };
	int ret;

	leave_file(j);
	if (pdiag_array_reserve(&j->files, &j->file_cap, j->file_count + 1, sizeof(f)))
		return -ENOMEM;
	/* Names that something else has are stepped over. */
	for (uint32_t tries = 0; tries < FILES; tries++) {
		f.number = number + tries;
		ret = pdiag_journal_open_file(j, f.number, O_RDWR | O_CREAT | O_EXCL);
		if (ret != -EEXIST)
			break;
	}
	if (ret < 0)
		return ret;
	j->fd = ret;
	j->files[j->file_count++] = f;
	ret = make_header(j, last_file(j));
	if (ret)
		undo_file(j);
	return ret;
}

/* So many bytes more shall fit: the oldest files go, but not the last one. */
static void make_room(struct pdiag_journal *j, uint64_t bytes)
{
	uint64_t all = pdiag_journal_bytes(j) + bytes;
	int ret;

	while (all > j->max_bytes && j->file_count > 1) {
		ret = pdiag_journal_unlink(j, j->files[0].number);
		if (ret && ret != -ENOENT)
			return;
		all -= j->files[0].size;
		j->removed += pdiag_journal_forget(j, 0);
	}
}

/* Says if the frames are to go to a new file. */
static bool wants_file(struct pdiag_journal *j, size_t len)
{
	const struct pdiag_journal_file *f;

	if (!still_ours(j))
		return true;
	f = last_file(j);
	return f->size > PDIAG_JOURNAL_HEADER && f->size + len > j->max_bytes / FILES;
}

/* What was written of an event that failed must not stand before the next one. */
static void take_back(struct pdiag_journal *j)
{
	if (ftruncate(j->fd, (off_t)last_file(j)->size))
		leave_file(j);
}

static int append(struct pdiag_journal *j, struct pdiag_text *frames,
	const struct pdiag_journal_entry *entry)
{
	struct pdiag_journal_entry e = *entry;
	struct pdiag_journal_file *f = last_file(j);
	int ret;

	e.offset = f->size;
	e.len = frames->len;
	e.file = f->number;
	/* Room first: what is on disk must not be unknown. */
	if (pdiag_array_reserve(&j->entries, &j->entry_cap, j->entry_count + 1, sizeof(e)))
		return -ENOMEM;
	pdiag_journal_frames_seal(frames, f->size);
	ret = write_all(j->fd, frames->data, frames->len, f->size);
	if (!ret && !(j->flags & PDIAG_JOURNAL_NO_SYNC) && fdatasync(j->fd) && errno != EINVAL)
		ret = -errno;
	if (ret) {
		take_back(j);
		return ret;
	}
	f->size += frames->len;
	f->scanned = f->size;
	pdiag_journal_add_entry(j, &e);
	pdiag_journal_settle(j);
	return 0;
}

int pdiag_journal_write(struct pdiag_journal *j, struct pdiag_text *frames,
	const struct pdiag_journal_entry *entry)
{
	int ret = 0;

	if (wants_file(j, frames->len))
		ret = begin_file(j);
	if (!ret) {
		make_room(j, frames->len);
		ret = append(j, frames, entry);
	}
	if (ret == -ENOMEM)
		return pdiag_fail_memory("writing an event to a journal");
	return ret ? pdiag_fail(-ret, "event %llu could not be written to the journal %s: %s; what "
		"was written before is there, and the next event is tried again",
		(unsigned long long)entry->id, j->path, strerror(-ret)) : 0;
}

/* Cut within its header: nothing was in it. */
static bool is_stub(const struct pdiag_journal_file *f)
{
	return !f->usable && !f->foreign && f->size < PDIAG_JOURNAL_HEADER;
}

void pdiag_journal_resume(struct pdiag_journal *j)
{
	struct pdiag_journal_file *f;

	while (j->file_count && is_stub(last_file(j)) &&
		!pdiag_journal_unlink(j, last_file(j)->number))
		j->file_count--;
	if (!j->file_count)
		return;
	f = last_file(j);
	if (!f->usable || f->headless || f->size >= j->max_bytes / FILES)
		return;
	j->fd = pdiag_journal_open_file(j, f->number, O_RDWR);
	if (j->fd < 0)
		return;
	if (f->size == f->scanned)
		return;
	pdiag_log(j->context, PDIAG_LOG_INFO, "journal %s: %llu bytes of an event that was not "
		"finished are taken away", j->path, (unsigned long long)(f->size - f->scanned));
	if (ftruncate(j->fd, (off_t)f->scanned))
		leave_file(j);
	else
		f->size = f->scanned;
}
