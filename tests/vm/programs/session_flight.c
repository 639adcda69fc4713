/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_flight SECONDS BY: a flight recorder with small rings runs for so long, is frozen by a
 * call (BY "call") or by a trigger on runnable tasks ("trigger"), and read: it must hold the time
 * just before, in whole records, with the stack of each sample. Thawed, it does so again.
 */
#include <poll.h>

#include "session.h"

struct seen {
	uint64_t first[RINGS], last[RINGS], samples, unknown, frozen;
	uint8_t known[1 << 20];
};

static struct seen seen;

static void see(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	const struct pdiag_kmod_sample *sample = (const void *)record;
	const struct pdiag_kmod_stack *stack = (const void *)record;

	(void)user;
	if (record->type == PDIAG_KMOD_STACK)
		seen.known[stack->id] = 1;
	if (record->type == PDIAG_KMOD_FROZEN)
		seen.frozen++;
	if (record->type != PDIAG_KMOD_SAMPLE)
		return;
	if (!seen.samples++ || record->time < seen.first[ring] || !seen.first[ring])
		seen.first[ring] = seen.first[ring] ? seen.first[ring] : record->time;
	if (record->time + CLOCK_STEP < seen.last[ring])
		die("ring %u goes back in time", ring);
	seen.last[ring] = record->time;
	if (sample->stack != PDIAG_KMOD_NO_STACK && !seen.known[sample->stack])
		seen.unknown++;
}

static int judge(struct session *s, double frozen)
{
	/* Between the call and what it does. */
	double late = 0.2 * times_slower();
	int bad = 0;

	for (uint32_t i = 0; i + 1 < s->options.nr_rings; i++) {
		double from = (double)seen.first[i] / 1e9, to = (double)seen.last[i] / 1e9;

		if (!s->control[i])
			continue;
		printf("   ring %u: %.3f s, up to %.3f s before the end\n", i, to - from,
			frozen - to);
		/* 7 of 8 segments of 512 KiB hold 5,000 samples and their stacks for sure. */
		if (to - from < 0.3 || frozen - to > late)
			bad = 1;
	}
	printf("   %llu samples, %llu of unknown stacks\n", (unsigned long long)seen.samples,
		(unsigned long long)seen.unknown);
	return bad || seen.unknown || !seen.samples;
}

static double freeze(struct session *s, bool by_trigger)
{
	struct pdiag_kmod_trigger trigger = {
		.size = sizeof(trigger), .on = PDIAG_KMOD_ON_RUNNABLE, .rise = 1, .check_ms = 10,
		.actions = PDIAG_KMOD_TRIGGER_FREEZE,
	};
	struct pollfd wait = { .fd = s->fd, .events = POLLIN };

	/* What an earlier trigger left in the ring for task dumps may still be there. */
	if (!by_trigger && poll(&wait, 1, 0))
		die("readable before it is frozen");
	if (by_trigger)
		session_do(s, PDIAG_KMOD_IOC_TRIGGER, &trigger, "trigger");
	else
		session_do(s, PDIAG_KMOD_IOC_FREEZE, NULL, "freeze");
	if (poll(&wait, 1, 10000) != 1)
		die("not readable when it is frozen");
	return now();
}

int main(int argc, char **argv)
{
	struct session s = { .fd = -1 };
	bool by_trigger = argc > 2 && !strcmp(argv[2], "trigger");
	int bad = 0;

	s.options.events = PDIAG_KMOD_ON_CPU | (by_trigger ? PDIAG_KMOD_TASKS : 0);
	s.options.flags = PDIAG_KMOD_FLIGHT;
	s.options.hz = 10000;
	s.options.ring_bytes = 1 << 19;
	s.options.budget_ppm = 1000000;
	session_open(&s);
	session_map(&s);
	session_do(&s, PDIAG_KMOD_IOC_START, NULL, "start");
	for (int round = 0; round < 2; round++) {
		memset(&seen, 0, sizeof(seen));
		usleep((useconds_t)(atof(argv[1]) * 1e6));
		double frozen = freeze(&s, by_trigger);

		session_read(&s, see, NULL);
		bad |= judge(&s, frozen);
		session_do(&s, PDIAG_KMOD_IOC_THAW, NULL, "thaw");
	}
	session_close(&s);
	return bad;
}
