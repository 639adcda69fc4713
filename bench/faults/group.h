/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A cgroup of our own, in version 2 or 1. */
#ifndef GROUP_H
#define GROUP_H

#include <sys/types.h>

struct group {
	char folder[256]; /* "": none was made */
	int version;
};

/* For "memory" or "cpu". 0, or -1: there is no such controller, or it may not be used. */
int group_make(struct group *g, const char *controller);
/* 0, or -1. */
int group_put(const struct group *g, const char *file, const char *text);
int group_add(const struct group *g, pid_t pid);
/* When nobody is in it any more; waits for that a little. */
void group_drop(struct group *g);

#endif
