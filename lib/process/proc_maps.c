/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process/proc_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/array.h"

/* A path has up to 4 KiB, four times that when it is all newlines, which are shown as \012. */
#define BUFFER_SIZE 32768u

struct reader {
	char *buf;    /* BUFFER_SIZE, and a byte for a NUL */
	size_t len;
	bool skip;    /* the rest of a line that was too long */
	uint32_t lines;
	pdiag_proc_map_fn fn;
	void *user;
};

static int one_line(struct reader *r, char *line, size_t len)
{
	struct pdiag_proc_map map;

	r->lines++;
	if (r->skip) {
		r->skip = false;
		return 0;
	}
	if (!pdiag_proc_map_parse(line, len, &map) || !map.executable)
		return 0;
	return r->fn(r->user, &map);
}

/* Hand out the whole lines that are in the buffer, and keep what is behind them. */
static int whole_lines(struct reader *r)
{
	char *line = r->buf, *end, *limit = r->buf + r->len;
	int ret;

	while ((end = memchr(line, '\n', (size_t)(limit - line)))) {
		ret = one_line(r, line, (size_t)(end - line));
		if (ret)
			return ret;
		line = end + 1;
	}
	r->len = (size_t)(limit - line);
	if (r->len == BUFFER_SIZE) {
		r->skip = true;
		r->len = 0;
	}
	memmove(r->buf, line, r->len);
	return 0;
}

int pdiag_proc_maps_read(int fd, pdiag_proc_map_fn fn, void *user)
{
	pdiag_auto_free char *buf = malloc(BUFFER_SIZE + 1);
	struct reader r = { .buf = buf, .fn = fn, .user = user };
	ssize_t n;
	int ret;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		n = read(fd, r.buf + r.len, BUFFER_SIZE - r.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		r.len += (size_t)n;
		ret = whole_lines(&r);
		if (ret)
			return ret;
	}
	if (r.len) {
		ret = one_line(&r, r.buf, r.len);
		if (ret)
			return ret;
	}
	return r.lines ? 0 : -ESRCH;
}

int pdiag_proc_maps_each(int32_t pid, pdiag_proc_map_fn fn, void *user)
{
	pdiag_auto_close int fd = -1;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : errno == EPERM ? -EACCES : -errno;
	return pdiag_proc_maps_read(fd, fn, user);
}

void pdiag_proc_map_fill(const struct pdiag_proc_map *map, struct pdiag_record *out)
{
	out->mmap.start = map->start;
	out->mmap.len = map->end - map->start;
	out->mmap.pgoff = map->pgoff;
	out->mmap.inode = map->inode;
	out->mmap.major = map->major;
	out->mmap.minor = map->minor;
	out->mmap.path = map->path;
}
