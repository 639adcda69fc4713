/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * arm HZ SECONDS [FILE]: sample the whole machine, into the recording FILE without names if one is
 * given, and print, in ms, KiB and s:
 *	ARMED SEEN MEMORY RING CPU FIRST
 * ARMED: from before pdiag_open() to after pdiag_capture_start(). SEEN: from there on to the first
 * sample being in the profile. MEMORY: resident memory above that before pdiag_open(), the pages of
 * the ring buffers that were touched included. CPU: user and system time of it all. FIRST: from
 * before pdiag_open() to the time that the first sample in FILE was taken at.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#include "source/stream_frame.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size = 0, pages = 0;

	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Until a sample has come; the ring is looked at each 0.1 ms, as nothing wakes us for so few. */
static double first_sample(struct pdiag_capture *capture, double from)
{
	struct timespec pause = { .tv_nsec = 100000 };

	while (pdiag_capture_dispatch(capture) == 0 && now() - from < 5000)
		nanosleep(&pause, NULL);
	return now() - from;
}

static void run(struct pdiag_capture *capture, double until)
{
	struct pollfd p = { .fd = pdiag_capture_fd(capture), .events = POLLIN };
	double left;

	while ((left = until - now()) > 0) {
		poll(&p, 1, (int)left + 1);
		pdiag_capture_dispatch(capture);
	}
	pdiag_capture_stop(capture);
}

/* When the first sample of a recording was taken, in ms; 0 if it has none. */
static double first_time(const char *path)
{
	static unsigned char file[16 << 20];
	const struct pdiag_stream_record *r;
	uint64_t best = UINT64_MAX;
	struct pdiag_stream_frame f;
	size_t len, at, i;
	FILE *in = path ? fopen(path, "r") : NULL;

	len = in ? fread(file, 1, sizeof(file), in) : 0;
	if (in)
		fclose(in);
	for (at = sizeof(struct pdiag_stream_header); at + sizeof(f) <= len; at += f.len) {
		memcpy(&f, file + at, sizeof(f));
		if (f.marker != PDIAG_STREAM_MARKER || f.len > len - at)
			break;
		for (i = sizeof(f); (r = pdiag_stream_record_at(file + at + i, f.len - i));
			i += r->len)
			if (r->type == PDIAG_STREAM_SAMPLE && r->time < best)
				best = r->time;
	}
	return best == UINT64_MAX ? 0 : (double)best / 1e6;
}

static int fail(void)
{
	fprintf(stderr, "arm: %s\n", pdiag_errmsg());
	return 1;
}

int main(int argc, char **argv)
{
	struct pdiag_capture_options options = { .size = sizeof(options),
		.target = PDIAG_TARGET_SYSTEM };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_recording_options recording_options = { .size = sizeof(recording_options),
		.flags = PDIAG_RECORDING_NO_NAMES };
	struct pdiag_sink sink = { .size = sizeof(sink) };
	struct pdiag_recording *recording = NULL;
	double start, armed, first, cpu;
	struct pdiag_capture *capture;
	struct pdiag *context;
	long before;

	if (argc < 3 || argc > 4)
		return 2;
	sink.path = argv[3];
	recording_options.sink = &sink;
	options.hz = (uint32_t)atoi(argv[1]);
	before = resident_kib();
	cpu = cpu_seconds();
	start = now();
	if (pdiag_open(NULL, &context) || pdiag_capture_new(context, &options, &capture) ||
		(argc > 3 && pdiag_recording_new(context, &recording_options, &recording)) ||
		(recording && pdiag_capture_record(capture, recording)) ||
		pdiag_capture_start(capture))
		return fail();
	armed = now();
	first = first_sample(capture, armed);
	run(capture, armed + atof(argv[2]) * 1e3);
	if (pdiag_capture_get_info(capture, &info) ||
		(recording && pdiag_recording_finish(recording, NULL)))
		return fail();
	printf("%.2f %.2f %ld %llu %.4f %.2f\n", armed - start, first,
		resident_kib() - before,
		(unsigned long long)info.buffer_bytes / 1024, cpu_seconds() - cpu,
		first_time(argv[3]) - start);
	pdiag_close(context);
	return 0;
}
