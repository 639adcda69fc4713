/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/flight.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "util/machine.h"

/* A sample with 95 frames, or fewer and other records between them. */
#define SAMPLE_BYTES 816u
/* A thread leaves a CPU and comes back: a stack of 32 frames and the switches. */
#define SWITCH_BYTES 416u
/* Those of all CPUs together take no more than this part of the machine's memory. */
#define MEMORY_PART 16
/* Readers leave records alone that are younger; a writer that was not stopped any more is done. */
#define SETTLE_NS 1000000l

uint64_t pdiag_flight_bytes(const struct pdiag_source_config *config, uint32_t events)
{
	uint64_t second = 0;

	if (events & PDIAG_ON_CPU)
		second += (uint64_t)config->hz * SAMPLE_BYTES;
	if (events & PDIAG_OFF_CPU)
		second += (uint64_t)PDIAG_FLIGHT_SWITCHES * SWITCH_BYTES;
	return second * config->flight_sec;
}

int pdiag_flight_check(const struct pdiag_source_config *config, uint64_t bytes, uint32_t cpus)
{
	uint64_t memory = pdiag_machine_memory();

	/* Who says how much there is to be knows how long that lasts. */
	if (config->buffer_bytes || bytes <= memory / MEMORY_PART / (cpus ? cpus : 1))
		return 0;
	return pdiag_fail(EINVAL, "to keep %u s takes %llu MiB on each of %u CPUs, more than 1/%u "
		"of this machine's memory; give a lower flight_sec or hz, or say by buffer_bytes "
		"what it may take", config->flight_sec, (unsigned long long)(bytes >> 20) + 1,
		cpus, MEMORY_PART);
}

int pdiag_flight_fd(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void pdiag_flight_settle(void)
{
	struct timespec settle = { .tv_nsec = SETTLE_NS };

	nanosleep(&settle, NULL);
}

/* Neither fails: the count is 0 or 1. */
static void tell(int fd, bool readable)
{
	uint64_t one = 1;
	ssize_t ret = readable ? write(fd, &one, sizeof(one)) : read(fd, &one, sizeof(one));

	(void)ret;
}

void pdiag_flight_freeze(struct pdiag_source_flight *f, int fd, uint64_t time, uint64_t whole)
{
	f->time = time > f->begun ? time : f->begun;
	f->from = f->time - f->begun > f->span ? f->time - f->span : f->begun;
	if (whole < f->from)
		whole = f->from;
	f->held = whole < f->time ? f->time - whole : 0;
	f->frozen = true;
	if (!f->unread)
		tell(fd, true);
	f->unread = true;
}

void pdiag_flight_read(struct pdiag_source_flight *f, int fd)
{
	if (f->unread)
		tell(fd, false);
	f->unread = false;
}

void pdiag_flight_begin(struct pdiag_source_flight *f, int fd, uint64_t time)
{
	pdiag_flight_read(f, fd);
	f->begun = time;
	f->frozen = false;
}
