/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/options.h"

_Static_assert(sizeof(struct pdiag_sink) == 40, "no holes in struct pdiag_sink");

static int fail_path(int err, const char *what, const char *path)
{
	return pdiag_fail(err, "cannot %s %s: %s", what, path, strerror(err));
}

/* A device, a pipe or a link is written to as it is; only plain files are replaced. */
static bool replaceable(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? errno == ENOENT : S_ISREG(st.st_mode);
}

/* A name beside the file, short, so that it is allowed wherever the file's own is. */
static char *temp_name(const char *path, unsigned int i)
{
	const char *slash = strrchr(path, '/');
	char *name;

	if (asprintf(&name, "%.*s.pdiag-%d-%u", slash ? (int)(slash - path + 1) : 0, path,
		    (int)getpid(), i) < 0)
		return NULL;
	return name;
}

static int open_path(struct pdiag_writer *w, bool in_place)
{
	const char *path = w->sink.path;

	w->path = strdup(path);
	if (!w->path)
		return pdiag_fail_memory("opening an output");
	if (in_place || !replaceable(path)) {
		w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		return w->fd < 0 ? fail_path(errno, "write", path) : 0;
	}
	/* The kernel applies the caller's umask; O_EXCL keeps two writers apart. */
	for (unsigned int i = 0; i < 100; i++) {
		w->temp = temp_name(path, i);
		if (!w->temp)
			return pdiag_fail_memory("opening an output");
		w->fd = open(w->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (w->fd >= 0 || errno != EEXIST)
			break;
		free(w->temp);
		w->temp = NULL;
	}
	if (w->fd < 0) {
		int err = errno;

		free(w->temp);
		w->temp = NULL;
		return fail_path(err, "write", path);
	}
	return 0;
}

int pdiag_writer_begin(struct pdiag_writer *w, const struct pdiag_sink *sink, bool in_place)
{
	int ret;

	*w = (struct pdiag_writer){ .fd = -1 };
	if (!sink)
		return pdiag_fail(EINVAL, "no sink given; say where the output goes");
	ret = PDIAG_OPTIONS_COPY(&w->sink, sink, reserved);
	if (ret)
		return ret;
	if (w->sink.path && w->sink.write)
		return pdiag_fail(EINVAL, "the sink has a path and a write function; give one");
	if (w->sink.write)
		return 0;
	if (!w->sink.path) {
		if (!w->sink.fd)
			return pdiag_fail(EINVAL,
				"the sink has no path, no write function, and its "
				"fd is 0, which is the standard input; set one of them");
		w->fd = w->sink.fd;
		return w->fd < 0 ? pdiag_fail(EINVAL, "the sink's fd is %d", w->fd) : 0;
	}
	if (!*w->sink.path)
		return pdiag_fail(EINVAL, "the sink's path is empty; name a file");
	w->own_fd = true;
	w->error = open_path(w, in_place);
	if (w->error) {
		free(w->path);
		w->path = NULL;
	}
	return w->error;
}

static int fail_write(struct pdiag_writer *w, int err)
{
	if (w->path)
		w->error = fail_path(err, "write", w->path);
	else if (w->sink.write)
		w->error = pdiag_fail(err, "cannot write the output: %s", strerror(err));
	else
		w->error = pdiag_fail(err, "cannot write to descriptor %d: %s", w->fd,
			strerror(err));
	return w->error;
}

int pdiag_writer_put(struct pdiag_writer *w, const void *data, size_t len)
{
	struct pollfd room = { .fd = w->fd, .events = POLLOUT };
	const char *p = data;
	ssize_t n;
	int ret;

	if (w->error)
		return w->error;
	if (w->sink.write) {
		ret = len ? w->sink.write(w->sink.user, data, len) : 0;
		return ret ? fail_write(w, ret < 0 && ret >= -INT_MAX ? -ret : EIO) : 0;
	}
	while (len) {
		n = write(w->fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && poll(&room, 1, -1) >= 0)
			continue; /* the caller's descriptor does not block, but this call does */
		if (n <= 0)
			return fail_write(w, n ? errno : EIO);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A file that is replaced keeps its mode. */
static void keep_mode(int fd, const char *path)
{
	struct stat st;

	if (!stat(path, &st) && fchmod(fd, st.st_mode & 0777))
		return;
}

int pdiag_writer_end(struct pdiag_writer *w, int error)
{
	if (w->own_fd && w->fd >= 0) {
		if (w->temp)
			keep_mode(w->fd, w->path);
		if (close(w->fd) && !w->error)
			fail_write(w, errno);
	}
	if (w->temp && !error && !w->error && rename(w->temp, w->path))
		fail_write(w, errno);
	if (w->temp && (error || w->error))
		unlink(w->temp);
	free(w->temp);
	free(w->path);
	w->temp = w->path = NULL;
	w->fd = -1;
	return error ? error : w->error;
}
