/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes in a made /proc, as far as their cgroups go. */
#ifndef TESTS_SUPPORT_MADE_PROC_H
#define TESTS_SUPPORT_MADE_PROC_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/made_profile.h"

static inline void made_proc_begin(char root[64])
{
	strcpy(root, "/tmp/pdiag-proc-XXXXXX");
	made_check(mkdtemp(root) != NULL, "proc");
}

static inline void made_proc_file(const char *root, int pid, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d", root, pid);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%d/%s", root, pid, name);
	f = fopen(path, "w");
	made_check(f && fputs(text, f) >= 0 && !fclose(f), path);
}

/* `start` is in ticks since boot; what has no cgroup has no such file. */
static inline void made_proc_put(const char *root, int pid, const char *comm, char state,
	unsigned long long start, const char *cgroup)
{
	char text[256];

	snprintf(text, sizeof(text), "%d (%s) %c 1 1 1 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 1 0 %llu "
		"3133440 100 18446744073709551615\n", pid, comm, state, start);
	made_proc_file(root, pid, "stat", text);
	if (!cgroup)
		return;
	snprintf(text, sizeof(text), "0::%s\n", cgroup);
	made_proc_file(root, pid, "cgroup", text);
}

static inline void made_proc_end(const char *root, int pid)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%d/stat", root, pid);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%d/cgroup", root, pid);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%d", root, pid);
	rmdir(path);
}

#endif
