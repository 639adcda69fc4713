/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Was a path opened? To find out by what name does not count (O_PATH). */
#ifndef TESTS_SUPPORT_OPENED_H
#define TESTS_SUPPORT_OPENED_H

#include <stdbool.h>
#include <sys/inotify.h>
#include <unistd.h>

/* A descriptor for opened_since(); negative: it cannot be told here. */
static inline int opened_watch(const char *path)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd >= 0 && inotify_add_watch(fd, path, IN_OPEN) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Opened since the watch began? Ends the watch. */
static inline bool opened_since(int fd)
{
	char events[1024];
	bool opened = read(fd, events, sizeof(events)) > 0;

	close(fd);
	return opened;
}

#endif
