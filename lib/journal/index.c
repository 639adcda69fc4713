/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which events there are, and where. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/journal.h"
#include "util/array.h"

int pdiag_journal_add_entry(struct pdiag_journal *j, const struct pdiag_journal_entry *entry)
{
	if (pdiag_array_reserve(&j->entries, &j->entry_cap, j->entry_count + 1, sizeof(*entry)))
		return -ENOMEM;
	j->entries[j->entry_count++] = *entry;
	return 0;
}

/* The one to be read comes last among those of its id: one that is whole, the later one. */
static int by_worth(const void *va, const void *vb)
{
	const struct pdiag_journal_entry *a = va, *b = vb;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->damaged != b->damaged)
		return a->damaged ? -1 : 1;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

static bool in_order(const struct pdiag_journal *j)
{
	for (size_t i = 1; i < j->entry_count; i++)
		if (j->entries[i - 1].id >= j->entries[i].id)
			return false;
	return true;
}

void pdiag_journal_settle(struct pdiag_journal *j)
{
	size_t kept = 0;

	if (in_order(j))
		return;
	qsort(j->entries, j->entry_count, sizeof(*j->entries), by_worth);
	for (size_t i = 1; i < j->entry_count; i++) {
		if (j->entries[i].id != j->entries[kept].id)
			kept++;
		j->entries[kept] = j->entries[i];
	}
	j->entry_count = kept + 1;
}

/* Forget the entries of a file. */
static uint64_t drop_entries(struct pdiag_journal *j, uint32_t file)
{
	uint64_t events = 0;
	size_t kept = 0;

	for (size_t i = 0; i < j->entry_count; i++) {
		if (j->entries[i].file != file)
			j->entries[kept++] = j->entries[i];
		else
			events += !j->entries[i].damaged;
	}
	j->entry_count = kept;
	return events;
}

uint64_t pdiag_journal_forget(struct pdiag_journal *j, size_t file)
{
	uint64_t events = drop_entries(j, j->files[file].number);

	memmove(&j->files[file], &j->files[file + 1],
		(--j->file_count - file) * sizeof(*j->files));
	return events;
}

/* Make j->files have the numbers that there are now, and no others. */
static int match_files(struct pdiag_journal *j, const uint32_t *numbers, size_t count)
{
	size_t i = 0;

	if (pdiag_array_reserve(&j->files, &j->file_cap, j->file_count + count,
		    sizeof(*j->files)))
		return -ENOMEM;
	for (size_t k = 0; k < count; k++) {
		while (i < j->file_count && j->files[i].number < numbers[k])
			pdiag_journal_forget(j, i);
		if (i == j->file_count || j->files[i].number != numbers[k]) {
			memmove(&j->files[i + 1], &j->files[i],
				(j->file_count++ - i) * sizeof(*j->files));
			j->files[i] = (struct pdiag_journal_file){ .number = numbers[k] };
		}
		i++;
	}
	while (i < j->file_count)
		pdiag_journal_forget(j, i);
	return 0;
}

/* Another file of that name than before is read anew. */
static void recognize(struct pdiag_journal *j, struct pdiag_journal_file *f, const struct stat *st)
{
	if (f->dev != st->st_dev || f->ino != st->st_ino || (uint64_t)st->st_size < f->scanned) {
		drop_entries(j, f->number);
		*f = (struct pdiag_journal_file){ .number = f->number, .dev = st->st_dev,
			.ino = st->st_ino };
	}
	f->size = (uint64_t)st->st_size;
}

int pdiag_journal_sync(struct pdiag_journal *j)
{
	pdiag_auto_free uint32_t *numbers = NULL;
	size_t count;
	int ret = pdiag_journal_list(j, &numbers, &count);

	if (!ret)
		ret = match_files(j, numbers, count);
	for (size_t i = 0; i < j->file_count && !ret; i++) {
		struct pdiag_journal_file *f = &j->files[i];
		pdiag_auto_close int fd = pdiag_journal_open_file(j, f->number, O_RDONLY);
		struct stat st;

		/* What cannot be looked at now is not what has no events. */
		if (fd < 0 && fd != -ENOENT && fd != -ELOOP)
			ret = fd;
		else if (fd >= 0 && fstat(fd, &st))
			ret = -errno;
		if (ret)
			break;
		/* One that went meanwhile, or is no file of ours, has none. */
		if (fd < 0) {
			drop_entries(j, f->number);
			*f = (struct pdiag_journal_file){ .number = f->number,
				.foreign = fd != -ENOENT };
			continue;
		}
		recognize(j, f, &st);
		if (f->size > f->scanned && !f->foreign)
			ret = pdiag_journal_scan(j, f, fd);
	}
	pdiag_journal_settle(j);
	return ret;
}

const struct pdiag_journal_entry *pdiag_journal_find(const struct pdiag_journal *j, uint64_t id)
{
	size_t low = 0, high = j->entry_count, mid;

	if (!id) {
		while (high && j->entries[high - 1].damaged)
			high--;
		return high ? &j->entries[high - 1] : NULL;
	}
	while (low < high) {
		mid = low + (high - low) / 2;
		if (j->entries[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < j->entry_count && j->entries[low].id == id ? &j->entries[low] : NULL;
}

uint64_t pdiag_journal_next_id(const struct pdiag_journal *j)
{
	uint64_t next = j->entry_count ? j->entries[j->entry_count - 1].id + 1 : 1;

	for (size_t i = 0; i < j->file_count; i++)
		if (j->files[i].next_id > next)
			next = j->files[i].next_id;
	return next;
}

uint64_t pdiag_journal_bytes(const struct pdiag_journal *j)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < j->file_count; i++)
		bytes += j->files[i].size;
	return bytes;
}
