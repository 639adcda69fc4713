/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"

static int put(const char *folder, const char *name, const char *text)
{
	char path[512];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return ret;
}

int group_make(struct group *g, const char *controller)
{
	char folder[128], text[64];

	g->folder[0] = '\0';
	g->version = access(ROOT "/cgroup.controllers", R_OK) ? 1 : 2;
	if (g->version == 2) {
		snprintf(text, sizeof(text), "+%s", controller);
		if (put(ROOT, "cgroup.subtree_control", text))
			return -1;
		snprintf(folder, sizeof(folder), "%s", ROOT);
	} else {
		snprintf(folder, sizeof(folder), "%s/%s", ROOT, controller);
		if (access(folder, W_OK))
			return -1;
	}
	snprintf(g->folder, sizeof(g->folder), "%s/pdiag-faults-%d", folder, getpid());
	if (!mkdir(g->folder, 0755))
		return 0;
	g->folder[0] = '\0';
	return -1;
}

int group_put(const struct group *g, const char *file, const char *text)
{
	return put(g->folder, file, text);
}

int group_add(const struct group *g, pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", pid);
	return group_put(g, "cgroup.procs", text);
}

void group_drop(struct group *g)
{
	static const struct timespec moment = { 0, 50000000 };

	for (int i = 0; g->folder[0] && rmdir(g->folder) && errno == EBUSY && i < 50; i++)
		nanosleep(&moment, NULL);
	g->folder[0] = '\0';
}
