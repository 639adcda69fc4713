/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as a file, and that file through the replay source. */
#ifndef TESTS_SUPPORT_REPLAY_FILE_H
#define TESTS_SUPPORT_REPLAY_FILE_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/replay.h"
#include "source/source.h"
#include "source/stream_format.h"

/* A file in memory; *path leads to it for as long as the descriptor is open. -1: cannot. */
static inline int file_of(const void *data, size_t len, char path[64])
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (len && write(fd, data, len) != (ssize_t)len) {
		close(fd);
		return -1;
	}
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static inline int replay_open_path(const char *path, struct pdiag_source **out)
{
	const struct pdiag_source_config config = { .path = path };

	return pdiag_source_replay.open(&config, out);
}

typedef void (*replay_fn)(void *user, const struct pdiag_raw *raw);

/* All of the records to fn. What next() and the statistics said at the end; -1 without a source. */
static inline int replay_all(const void *data, size_t len, replay_fn fn, void *user,
	struct pdiag_replay_stats *stats)
{
	struct pdiag_source *s = NULL;
	struct pdiag_raw raw;
	char path[64];
	int fd, ret;

	memset(stats, 0, sizeof(*stats));
	fd = file_of(data, len, path);
	if (fd < 0)
		return -1;
	ret = replay_open_path(path, &s);
	if (!ret) {
		while ((ret = s->ops->next(s, &raw)) > 0)
			fn(user, &raw);
		pdiag_replay_stats(s, stats);
		s->ops->close(s);
	}
	close(fd);
	return ret;
}

#endif
