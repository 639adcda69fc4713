/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* usage FILE COMMAND...: run it and write "WALL USER SYSTEM PEAK_KB" of it to FILE. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int status = 0;
	double start;
	FILE *out;
	pid_t pid;

	if (argc < 3)
		return 2;
	start = now();
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return 1;
	start = now() - start;
	out = fopen(argv[1], "w");
	if (!out)
		return 1;
	fprintf(out, "%.4f %.4f %.4f %ld\n", start, seconds(usage.ru_utime),
		seconds(usage.ru_stime), usage.ru_maxrss);
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
