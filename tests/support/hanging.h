/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process in uninterruptible sleep. */
#ifndef TESTS_SUPPORT_HANGING_H
#define TESTS_SUPPORT_HANGING_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* It hangs until its child is killed, which is *of. */
static inline pid_t hanging(pid_t *of)
{
	char path[32], line[512] = "";
	int ends[2];
	pid_t pid, child;
	FILE *file;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		child = vfork();
		if (!child) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			child = getpid();
			if (write(ends[1], &child, sizeof(child)) > 0)
				pause();
		}
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], of, sizeof(*of)), sizeof(*of));
	close(ends[0]);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		file = fopen(path, "r");
		assert_non_null(file);
		assert_non_null(fgets(line, sizeof(line), file));
		fclose(file);
	} while (!strstr(line, ") D "));
	return pid;
}

static inline void hanging_end(pid_t pid, pid_t of)
{
	kill(of, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
