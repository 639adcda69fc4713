/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * armed EVENTS HZ BYTES COMMAND...: run a command while a session of the module gathers EVENTS (1
 * on CPU, 2 off CPU) of the whole machine, with BYTES of the user's stack, and nobody reads; then
 * print what it did, on stderr.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../kmod/uapi/pdiag_kmod.h"

int main(int argc, char **argv)
{
	struct pdiag_kmod_session options = {.size = sizeof(options), .budget_ppm = 1000000};
	struct pdiag_kmod_stats stats = {.size = sizeof(stats), .ring = PDIAG_KMOD_ALL_RINGS};
	int device = open(PDIAG_KMOD_DEVICE, O_RDWR), session;

	if (argc < 5 || device < 0)
		return 2;
	options.events = atoi(argv[1]);
	options.hz = atoi(argv[2]);
	options.user_bytes = atoi(argv[3]);
	options.ring_bytes = 32 << 20;
	session = ioctl(device, PDIAG_KMOD_IOC_SESSION, &options);
	if (session < 0 || ioctl(session, PDIAG_KMOD_IOC_START)) {
		perror("session");
		return 1;
	}
	if (!fork()) {
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	wait(NULL);
	ioctl(session, PDIAG_KMOD_IOC_STOP);
	ioctl(session, PDIAG_KMOD_IOC_STATS, &stats);
	fprintf(stderr, "samples %llu stacks %llu pending %llu callbacks %llu cycles-ns %llu\n",
		stats.samples, stats.stacks, stats.pending, stats.callbacks, stats.callback_ns);
	return 0;
}
