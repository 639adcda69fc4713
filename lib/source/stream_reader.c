/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/stream_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "source/stream_frame.h"

/* Read in pieces that stay in the cache; room for a frame and what was read with it. */
#define READ_SIZE (256u << 10)
#define BUFFER_SIZE (PDIAG_STREAM_FRAME_MAX + READ_SIZE)

static int read_some(struct pdiag_stream_reader *r, size_t len)
{
	ssize_t n;

	do
		n = read(r->fd, r->buf + r->end, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return pdiag_fail(errno, "cannot read the recording %s: %s", r->path,
			strerror(errno));
	r->end += (size_t)n;
	r->eof = n == 0;
	return 0;
}

/*
 * Have `want` bytes in the buffer, fewer at the end of the file. Plain reads, not a mapping: the
 * file may be cut short by others at any time. What is moved stays aligned to 8 bytes, as all
 * steps are multiples of that.
 */
static int fill(struct pdiag_stream_reader *r, size_t want, size_t *have)
{
	size_t room;
	int ret;

	if (r->end - r->start < want && BUFFER_SIZE - r->start < want) {
		memmove(r->buf, r->buf + r->start, r->end - r->start);
		r->end -= r->start;
		r->start = 0;
	}
	while (r->end - r->start < want && !r->eof) {
		room = BUFFER_SIZE - r->end;
		ret = read_some(r, room < READ_SIZE ? room : READ_SIZE);
		if (ret)
			return ret;
	}
	*have = r->end - r->start;
	return 0;
}

static void step(struct pdiag_stream_reader *r, size_t len)
{
	r->start += len;
	r->offset += len;
	if (r->start == r->end)
		r->start = r->end = 0;
}

static int open_file(struct pdiag_stream_reader *r)
{
	struct stat st;

	/* Not to wait for the writer of a pipe. */
	r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (r->fd < 0)
		return pdiag_fail(errno, "cannot open the recording %s: %s", r->path,
			strerror(errno));
	if (fstat(r->fd, &st))
		return pdiag_fail(errno, "cannot open the recording %s: %s", r->path,
			strerror(errno));
	if (!S_ISREG(st.st_mode))
		return pdiag_fail(EBADMSG, "%s is %s, not a pdiag recording", r->path,
			S_ISDIR(st.st_mode) ? "a directory" : "no regular file");
	return 0;
}

static int read_header(struct pdiag_stream_reader *r)
{
	struct pdiag_stream_header h = { .major = 0 };
	size_t have;
	int ret;

	ret = fill(r, sizeof(h), &have);
	if (ret)
		return ret;
	memcpy(&h, r->buf, have < sizeof(h) ? have : sizeof(h));
	ret = pdiag_stream_header_check(&h, have < sizeof(h) ? have : sizeof(h), r->path, &r->swap);
	if (ret)
		return ret;
	ret = fill(r, h.header_len, &have);
	if (ret)
		return ret;
	step(r, have < h.header_len ? have : h.header_len);
	r->stats.bytes = r->offset;
	r->stats.created = h.created;
	r->stats.major = h.major;
	r->stats.minor = h.minor;
	r->stats.swapped = r->swap;
	return 0;
}

int pdiag_stream_reader_open(struct pdiag_stream_reader *r, const char *path)
{
	int ret;

	*r = (struct pdiag_stream_reader){ .fd = -1, .path = path };
	ret = open_file(r);
	if (ret)
		goto out;
	r->buf = malloc(BUFFER_SIZE);
	if (!r->buf) {
		ret = pdiag_fail_memory("opening a recording");
		goto out;
	}
	ret = read_header(r);
out:
	if (ret)
		pdiag_stream_reader_close(r);
	return ret;
}

/* A head was found: settle what was lost before it. More than had room cannot have been lost,
 * whatever the head says. */
static void settle(struct pdiag_stream_reader *r, const struct pdiag_stream_frame *f)
{
	uint64_t lost = f->before > r->records ? f->before - r->records : 0;
	uint64_t most = r->skipped / sizeof(struct pdiag_stream_record);

	r->stats.lost += lost < most ? lost : most;
	r->records = f->before + f->records;
	r->skipped = 0;
	r->resync = false;
}

static void lose(struct pdiag_stream_reader *r, const struct pdiag_stream_frame *f)
{
	uint64_t most = f->len / sizeof(struct pdiag_stream_record);

	r->stats.lost += f->records < most ? f->records : most;
}

static bool find_head(struct pdiag_stream_reader *r, struct pdiag_stream_frame *f)
{
	if (pdiag_stream_frame_head(r->buf + r->start, r->offset, r->swap, f)) {
		settle(r, f);
		return true;
	}
	r->stats.corrupt += !r->resync;
	r->resync = true;
	r->skipped += 8;
	step(r, 8);
	return false;
}

static void take(struct pdiag_stream_reader *r, const struct pdiag_stream_frame *f,
	const void **body, size_t *len, bool *forgot)
{
	unsigned char *data = r->buf + r->start + sizeof(*f);

	*forgot = f->forgets != r->forgets;
	r->forgets = f->forgets;
	r->stats.frames++;
	r->stats.bytes += f->len;
	*body = data;
	*len = f->len - sizeof(*f);
	if (r->swap)
		pdiag_stream_swap(data, *len);
	/* The bytes stay where they are until the next fill. */
	step(r, f->len);
}

int pdiag_stream_reader_next(struct pdiag_stream_reader *r, const void **body, size_t *len,
	bool *forgot)
{
	struct pdiag_stream_frame f;
	size_t have;
	int ret;

	for (;;) {
		ret = fill(r, sizeof(f), &have);
		if (ret || have < sizeof(f))
			return ret;
		if (!find_head(r, &f))
			continue;
		ret = fill(r, f.len, &have);
		if (ret)
			return ret;
		if (have < f.len) {
			lose(r, &f);
			step(r, have);
			return 0;
		}
		if (pdiag_stream_frame_body(r->buf + r->start, &f)) {
			take(r, &f, body, len, forgot);
			return 1;
		}
		r->stats.corrupt++;
		lose(r, &f);
		step(r, f.len);
	}
}

void pdiag_stream_reader_close(struct pdiag_stream_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	free(r->buf);
	r->buf = NULL;
}
