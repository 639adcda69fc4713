/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unwind/file_blocks.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "util/array.h"
#include "util/clock.h"
#include "util/hash.h"

/* Reading takes this part of the time that passes ... */
#define TIME_PART 20
/* ... and this much at once. */
#define TIME_MAX 100000000ll

/* Others answer for these: nobody knows when, and it may be that they are the trouble. */
static const uint32_t remote[] = {
	NFS_SUPER_MAGIC,
	SMB_SUPER_MAGIC,
	AFS_SUPER_MAGIC,
	CODA_SUPER_MAGIC,
	0xff534d42, /* CIFS */
	0xfe534d42, /* SMB 2 */
	0x65735546, /* FUSE */
	0x00c36400, /* Ceph */
	0x0bd00bd0, /* Lustre */
	0x47504653, /* GPFS */
};

static bool is_remote(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return true;
	for (size_t i = 0; i < PDIAG_COUNT(remote); i++)
		if ((uint32_t)fs.f_type == remote[i])
			return true;
	return false;
}

void pdiag_moment_now(struct pdiag_moment *m)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	m->waits = usage.ru_nvcsw;
	m->cpu = pdiag_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	m->wall = pdiag_clock_ns(CLOCK_MONOTONIC);
}

uint64_t pdiag_moment_cost(const struct pdiag_moment *from, const struct pdiag_moment *to)
{
	if (to->waits != from->waits)
		return to->wall - from->wall;
	return to->cpu - from->cpu;
}

static bool has_time(struct pdiag_file_blocks *b, uint64_t now)
{
	if (!b->since)
		b->time_left = TIME_MAX;
	else if (now > b->since)
		b->time_left += (int64_t)((now - b->since) / TIME_PART);
	if (b->time_left > TIME_MAX)
		b->time_left = TIME_MAX;
	b->since = now;
	return b->time_left > 0;
}

/* The whole block, or what the file has of it. A number of bytes, or a negative errno. */
static int read_file(const struct pdiag_module *module, uint64_t number, unsigned char *bytes)
{
	pdiag_auto_close int fd = pdiag_module_open(module);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd == -(int)PDIAG_REASON_OUT_OF_MEMORY ? -ENOMEM : -EBADMSG;
	if (is_remote(fd))
		return -EBADMSG;
	while (n > 0 && len < PDIAG_FILE_BLOCK) {
		n = pread(fd, bytes + len, PDIAG_FILE_BLOCK - len,
			(off_t)(number * PDIAG_FILE_BLOCK + len));
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	return n < 0 ? -EBADMSG : (int)len;
}

/* The places where a block may be. */
static struct pdiag_file_block *places_of(struct pdiag_file_blocks *b,
	const struct pdiag_module *module, uint64_t number)
{
	uint64_t sets = PDIAG_FILE_BLOCKS / PDIAG_FILE_BLOCK_PLACES;

	return &b->list[pdiag_hash_u64(module->id, number) % sets * PDIAG_FILE_BLOCK_PLACES];
}

/* One of them for a block that is in none: empty, or the one that was not used for longest. */
static struct pdiag_file_block *make_place(struct pdiag_file_block *places)
{
	struct pdiag_file_block *oldest = places;

	for (uint32_t i = 0; i < PDIAG_FILE_BLOCK_PLACES; i++)
		if (places[i].used < oldest->used)
			oldest = &places[i];
	oldest->module = NULL;
	oldest->used = 0;
	if (!oldest->bytes)
		oldest->bytes = malloc(PDIAG_FILE_BLOCK);
	return oldest->bytes ? oldest : NULL;
}

static int load(struct pdiag_file_blocks *b, const struct pdiag_module *module, uint64_t number,
	struct pdiag_file_block **out)
{
	struct pdiag_file_block *place;
	struct pdiag_moment begin, end;
	int len;

	pdiag_moment_now(&begin);
	if (!has_time(b, begin.wall))
		return -EAGAIN;
	place = make_place(places_of(b, module, number));
	if (!place)
		return -ENOMEM;
	len = read_file(module, number, place->bytes);
	b->reads++;
	pdiag_moment_now(&end);
	b->time_left -= (int64_t)pdiag_moment_cost(&begin, &end);
	if (len < 0)
		return len;
	place->module = module;
	place->number = number;
	place->len = (uint32_t)len;
	*out = place;
	return 0;
}

static int find(struct pdiag_file_blocks *b, const struct pdiag_module *module, uint64_t number,
	struct pdiag_file_block **out)
{
	struct pdiag_file_block *places = places_of(b, module, number);
	int ret = 0;

	*out = NULL;
	for (uint32_t i = 0; i < PDIAG_FILE_BLOCK_PLACES && !*out; i++)
		if (places[i].module == module && places[i].number == number)
			*out = &places[i];
	if (!*out)
		ret = load(b, module, number, out);
	if (!ret)
		(*out)->used = ++b->uses;
	return ret;
}

int pdiag_file_blocks_read(struct pdiag_file_blocks *b, const struct pdiag_module *module,
	uint64_t offset, void *to, size_t len)
{
	struct pdiag_file_block *block;
	unsigned char *at = to;
	size_t in, part;
	int ret;

	if (offset > INT64_MAX - len - PDIAG_FILE_BLOCK)
		return -EBADMSG;
	for (; len; offset += part, at += part, len -= part) {
		ret = find(b, module, offset / PDIAG_FILE_BLOCK, &block);
		if (ret)
			return ret;
		in = offset % PDIAG_FILE_BLOCK;
		if (in >= block->len)
			return -EBADMSG;
		part = block->len - in < len ? block->len - in : len;
		memcpy(at, block->bytes + in, part);
	}
	return 0;
}

void pdiag_file_blocks_free(struct pdiag_file_blocks *b)
{
	for (uint32_t i = 0; i < PDIAG_FILE_BLOCKS; i++)
		free(b->list[i].bytes);
	*b = (struct pdiag_file_blocks){ .uses = 0 };
}
