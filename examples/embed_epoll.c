/* SPDX-License-Identifier: MIT-0 */
/* Profiling inside somebody else's event loop: a program that works at each tick of its timer lets
 * the capture's file descriptor into its epoll set, and writes embed.svg after a while. */
#include <errno.h>
#include <pdiag/pdiag.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TICK_NS 20000000

/* The program's own work. */
static void on_tick(int timer)
{
	static unsigned int seed = 1;
	uint64_t ticks = 0;

	if (read(timer, &ticks, sizeof(ticks)) != sizeof(ticks))
		return;
	for (int i = 0; i < 1000000; i++)
		seed = seed * 1664525u + 1013904223u;
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int start_timer(void)
{
	const struct itimerspec every = { .it_value.tv_nsec = TICK_NS,
		.it_interval.tv_nsec = TICK_NS };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (timer >= 0)
		timerfd_settime(timer, 0, &every, NULL);
	return timer;
}

/* The loop: the timer is the program's, the other descriptor is the profiler's. */
static int loop(int epoll, int timer, struct pdiag_capture *capture, int ticks)
{
	struct epoll_event event;
	int ret;

	while (ticks > 0) {
		if (epoll_wait(epoll, &event, 1, -1) != 1)
			continue;
		if (event.data.fd == timer) {
			on_tick(timer);
			ticks--;
		} else {
			/* Out of memory, samples are lost and counted, and the capture goes on. */
			ret = pdiag_capture_dispatch(capture);
			if (ret < 0 && ret != -ENOMEM)
				return ret;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = 499 };
	int ticks = (argc > 1 ? atoi(argv[1]) : 3) * (1000000000 / TICK_NS);
	int epoll = epoll_create1(EPOLL_CLOEXEC), timer = start_timer(), failed;
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;

	failed = pdiag_open(NULL, &context) ||
		pdiag_capture_new(context, &options, &capture) ||
		watch(epoll, timer) || watch(epoll, pdiag_capture_fd(capture)) ||
		pdiag_capture_start(capture) ||
		loop(epoll, timer, capture, ticks) ||
		pdiag_capture_stop(capture) ||
		pdiag_profile_save(pdiag_capture_profile(capture), "embed.svg");
	if (failed)
		fprintf(stderr, "embed_epoll: %s\n", pdiag_errmsg());
	pdiag_close(context);
	close(timer);
	close(epoll);
	return failed;
}
