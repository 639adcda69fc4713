/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lost packets: of the loopback of this network namespace by netem, where the kernel has it, which
 * must not be the machine's own namespace; else of the background's connection by a socket filter.
 */
#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Percent at a strength of 2, and at most. */
#define NORMAL_LOSS 2.0
#define FULL_LOSS 30.0

static bool is_private(void)
{
	struct stat ours, first;

	return !stat("/proc/self/ns/net", &ours) && !stat("/proc/1/ns/net", &first) &&
		ours.st_ino != first.st_ino;
}

static int tc(const char *verb, double percent)
{
	char loss[32];
	int status;
	pid_t pid = fork();

	snprintf(loss, sizeof(loss), "%.2f%%", percent);
	if (!pid) {
		if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
			_exit(1);
		if (percent > 0)
			execlp("tc", "tc", "qdisc", verb, "dev", "lo", "root", "netem", "loss",
				loss, (char *)NULL);
		else
			execlp("tc", "tc", "qdisc", verb, "dev", "lo", "root", (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status ? -1 : 0;
}

/* The receiver forgets it after a second, so it is told again and again. */
static int tell(int fd, const struct sockaddr_un *to, double percent)
{
	return sendto(fd, &percent, sizeof(percent), 0, (const void *)to, sizeof(*to)) < 0 ? -1 : 0;
}

static pid_t sender_pid(const struct fault *f)
{
	char path[512];
	FILE *file;
	int pid = 0;

	snprintf(path, sizeof(path), "%s/net.pid", f->work);
	file = fopen(path, "r");
	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

static int by_filter(const struct fault *f, double percent)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	snprintf(to.sun_path, sizeof(to.sun_path), "%.90s/loss", f->work);
	ret = fd < 0 ? -1 : tell(fd, &to, percent);
	if (ret)
		return fault_cannot("the background's connection");
	fault_begins(sender_pid(f));
	while (!fault_over()) {
		fault_sleep(0.2);
		tell(fd, &to, percent);
	}
	tell(fd, &to, 0);
	close(fd);
	return 0;
}

int fault_run_loss(const struct fault *f)
{
	double percent = fault_level(f, NORMAL_LOSS, FULL_LOSS);

	if (!is_private() || tc("add", percent))
		return by_filter(f, percent);
	fault_begins(sender_pid(f));
	while (!fault_over())
		fault_sleep(0.2);
	return tc("del", 0) ? 1 : 0;
}
