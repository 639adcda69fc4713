/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes of mapped files, read while samples come in: in blocks that are kept, so that a file is
 * asked once for each; only from file systems of this machine; and for no more than a part of the
 * time that passes, however slow these are.
 */
#ifndef PDIAG_UNWIND_FILE_BLOCKS_H
#define PDIAG_UNWIND_FILE_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "process/module.h"

#define PDIAG_FILE_BLOCK ((size_t)32 << 10)
/* 4 MiB. A block has a few places where it may be; of these the one not used for longest goes. */
#define PDIAG_FILE_BLOCKS 128u
#define PDIAG_FILE_BLOCK_PLACES 8u

struct pdiag_file_block {
	const struct pdiag_module *module; /* NULL: empty */
	uint64_t number;
	uint64_t used;
	uint32_t len; /* less than a block: the file's end */
	unsigned char *bytes;
};

struct pdiag_file_blocks {
	struct pdiag_file_block list[PDIAG_FILE_BLOCKS];
	uint64_t uses, reads;
	uint64_t since;	   /* when time_left was right, ns */
	int64_t time_left; /* for reading, ns; a read that took long leaves it below zero */
};

/*
 * `len` bytes of the module's file. 0; -EBADMSG: they are not there, or not to be read; -EAGAIN:
 * there is no time for it now; -ENOMEM.
 */
int pdiag_file_blocks_read(struct pdiag_file_blocks *b, const struct pdiag_module *module,
	uint64_t offset, void *to, size_t len);
void pdiag_file_blocks_free(struct pdiag_file_blocks *b);

/* What reading took from its thread's other work: time in which it waited is as good as used, but
 * not that in which others had its CPU, as then nothing would be read on a loaded machine. */
struct pdiag_moment {
	uint64_t wall, cpu; /* ns */
	long waits;	    /* that the thread has begun so far */
};

void pdiag_moment_now(struct pdiag_moment *m);
uint64_t pdiag_moment_cost(const struct pdiag_moment *from, const struct pdiag_moment *to);

#endif
