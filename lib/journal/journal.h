/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal inside: its folder, its files, and the events that are known to be in them. */
#ifndef PDIAG_JOURNAL_JOURNAL_INTERNAL_H
#define PDIAG_JOURNAL_JOURNAL_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include <pdiag/journal.h>

#include "core/context.h"
#include "journal/frame.h"

struct pdiag_journal_file {
	uint32_t number;
	bool usable;	   /* has a header of ours; false: not, or not yet */
	bool foreign;	   /* what stands there is of nobody's, or of a newer release */
	bool headless;	   /* has frames of ours, but its header is damaged: to be read only */
	dev_t dev;
	ino_t ino;
	uint64_t size;
	uint64_t scanned;  /* up to here: behind the last event, whole or damaged */
	uint64_t damaged;  /* before that */
	uint64_t next_id, session; /* as its header has them */
};

struct pdiag_journal_entry {
	uint64_t id, session;
	uint64_t offset, len; /* of all its frames */
	uint32_t file;	      /* number */
	uint16_t phase;	      /* as written */
	bool damaged;
};

struct pdiag_journal {
	struct pdiag_child child;
	struct pdiag *context;
	char *path; /* for sentences */
	int dir;
	int lock; /* readers: -1 */
	int fd;	  /* of the last file, being written; -1: none, the next event begins one */
	uint32_t flags;
	uint64_t max_bytes;
	struct pdiag_journal_file *files; /* by number */
	size_t file_count, file_cap;
	struct pdiag_journal_entry *entries; /* by id, each once, when settled */
	size_t entry_count, entry_cap;
	uint64_t session; /* of the writer */
	uint64_t removed, failed;
};

/* folder.c: the folder and its lock. With sentences. */
int pdiag_journal_open_folder(struct pdiag_journal *j);
int pdiag_journal_take_lock(struct pdiag_journal *j);
/* The lock says from which session on its holder writes. */
int pdiag_journal_tell_session(struct pdiag_journal *j);
/* The session of a writer that lives, or 0. */
uint64_t pdiag_journal_live_session(const struct pdiag_journal *j);
/* A file that is one, not a link to one. Negative errno. */
int pdiag_journal_open_file(const struct pdiag_journal *j, uint32_t number, int flags);
int pdiag_journal_unlink(const struct pdiag_journal *j, uint32_t number);
/* The numbers of all files, in order. 0 or a negative errno. */
int pdiag_journal_list(const struct pdiag_journal *j, uint32_t **numbers, size_t *count);

/* scan.c: from where it was left, add what has been appended to the file, which is open. 0 or a
 * negative errno; entries are to be settled afterwards. */
int pdiag_journal_scan(struct pdiag_journal *j, struct pdiag_journal_file *f, int fd);
/* Read all `len` bytes. -ENODATA: the file ends before. */
int pdiag_journal_pread(int fd, void *to, size_t len, uint64_t offset);

/* index.c: what is known of the files. */
int pdiag_journal_sync(struct pdiag_journal *j);
int pdiag_journal_add_entry(struct pdiag_journal *j, const struct pdiag_journal_entry *entry);
void pdiag_journal_settle(struct pdiag_journal *j);
/* The file is not there any more. Says how many events went with it. */
uint64_t pdiag_journal_forget(struct pdiag_journal *j, size_t file);
/* id 0: the last. NULL: no such. */
const struct pdiag_journal_entry *pdiag_journal_find(const struct pdiag_journal *j, uint64_t id);
uint64_t pdiag_journal_next_id(const struct pdiag_journal *j);
uint64_t pdiag_journal_bytes(const struct pdiag_journal *j);

/* write.c: put these frames into the journal as event `entry`, of which id, session and phase are
 * set. With sentences. */
int pdiag_journal_write(struct pdiag_journal *j, struct pdiag_text *frames,
	const struct pdiag_journal_entry *entry);
/* Go on with the last file, without what was cut off at its end. */
void pdiag_journal_resume(struct pdiag_journal *j);

/* read.c: -EBADMSG, -ENOENT (the file is gone), -ENOMEM and others; without sentences. */
int pdiag_journal_load(struct pdiag_journal *j, const struct pdiag_journal_entry *entry,
	uint64_t live, struct pdiag_event **out);
int pdiag_journal_load_info(struct pdiag_journal *j, const struct pdiag_journal_entry *entry,
	uint64_t live, struct pdiag_event **out, struct pdiag_event_info *info);

#endif
