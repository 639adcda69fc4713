/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Journals: events on disk, in a folder of append-only files. Whoever writes may be killed at any
 * byte: what was finished before is read again.
 */
#ifndef PDIAG_JOURNAL_H
#define PDIAG_JOURNAL_H

#include <pdiag/event.h>
#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_journal;

/* Flags of pdiag_journal_options. */
#define PDIAG_JOURNAL_READ_ONLY 1u
#define PDIAG_JOURNAL_NO_SYNC 2u /* no fdatasync(2) behind each event: it survives us, not the
				    machine */

struct pdiag_journal_options {
	size_t size;	    /* sizeof(struct pdiag_journal_options) */
	uint64_t max_bytes; /* of all files; the oldest go first; 0: 256 MiB; at least 1 MiB */
	uint32_t flags;	    /* PDIAG_JOURNAL_* */
	uint32_t reserved;  /* 0 */
};

/* Grows at its end only. */
struct pdiag_journal_info {
	size_t size;	    /* set by the caller to sizeof(struct pdiag_journal_info) */
	uint64_t events;    /* that can be read */
	uint64_t bytes;	    /* of all files */
	uint64_t damaged;   /* records that cannot be read; a last one that was cut is not one */
	uint64_t removed;   /* events that went to keep within max_bytes, by this object */
	uint64_t next_id;   /* of the next event */
	uint64_t failed;    /* events that could not be written, by this object */
};

/*
 * Open the folder `path`; it is made, with mode 0700, if it is not there (not with READ_ONLY). One
 * writer at a time: -EBUSY. Readers may come and go meanwhile. options may be NULL. Errors:
 * -EINVAL, -E2BIG, -EBUSY, -ENOTDIR, -EROFS, -EACCES, -ENOSPC, -ENOMEM and others from the disk.
 */
PDIAG_API int pdiag_journal_open(struct pdiag *context, const char *path,
	const struct pdiag_journal_options *options, struct pdiag_journal **out);
/* NULL is fine. */
PDIAG_API void pdiag_journal_close(struct pdiag_journal *journal);
/*
 * Append an event as it is now; one with the same id as one before takes its place when it is read
 * (begun, updated, ended). With id 0 in the event's info it gets the next. Either all of it is
 * there afterwards or nothing. Errors: -ENOSPC and others from the disk (what was written before
 * stays, and the next one is tried anew), -EBADF (read-only), -EINVAL, -EFBIG (it is too large
 * even without its profiles), -EPERM (after fork), -ENOMEM.
 */
PDIAG_API int pdiag_journal_append(struct pdiag_journal *journal, struct pdiag_event *event);
PDIAG_API int pdiag_journal_get_info(
	struct pdiag_journal *journal, struct pdiag_journal_info *info);
/*
 * Read event `id` with its evidence; 0: the last one. *out is the caller's, to be freed by
 * pdiag_event_free(). Errors: -ENOENT (no such event, or not any more), -EBADMSG (damaged),
 * -ENOMEM.
 */
PDIAG_API int pdiag_journal_read(
	struct pdiag_journal *journal, uint64_t id, struct pdiag_event **out);
/* Returns 0 to go on; anything else ends the walk and is returned. info is valid within. */
typedef int (*pdiag_journal_fn)(void *user, const struct pdiag_event_info *info);
/* Walk the events without their evidence, oldest first. */
PDIAG_API int pdiag_journal_each(struct pdiag_journal *journal, pdiag_journal_fn fn, void *user);

PDIAG_END_DECLS

#endif
