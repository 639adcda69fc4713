/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_seen SECONDS PID: whom a session about all tasks shows to who runs this. Prints for
 * each process "PID MS", its CPU time in samples; "ran MS", that of PID as the kernel has it;
 * "words USER KERNEL", of all stacks; "unknown SAMPLES", of processes without a pid.
 */
#include "others.h"

#define PIDS (1u << 16)

struct seen {
	uint64_t weight[PIDS];
	uint64_t user, kernel, unknown;
};

static void see_stack(struct seen *seen, const struct pdiag_kmod_stack *stack)
{
	for (uint32_t i = 0; i < stack->nr; i++) {
		/* Marks are small negative numbers. */
		if (stack->ips[i] >= (uint64_t)-4095)
			continue;
		if (stack->ips[i] >> 63)
			seen->kernel++;
		else
			seen->user++;
	}
}

static void see(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	const struct pdiag_kmod_sample *sample = (const void *)record;
	const struct pdiag_kmod_count *count = (const void *)record;
	struct seen *seen = user;

	(void)ring;
	if (record->type == PDIAG_KMOD_STACK)
		see_stack(seen, (const void *)record);
	if (record->type != PDIAG_KMOD_SAMPLE && record->type != PDIAG_KMOD_COUNT)
		return;
	if (!sample->pid || sample->pid >= PIDS)
		seen->unknown++;
	else
		seen->weight[sample->pid] +=
			record->type == PDIAG_KMOD_SAMPLE ? sample->weight : count->weight;
}

int main(int argc, char **argv)
{
	struct session session = { .options = { .events = PDIAG_KMOD_ON_CPU, .hz = 499 } };
	static struct seen whole;
	struct seen *seen = &whole;
	double seconds, ran;
	pid_t pid;
	bool more;

	if (argc != 3)
		return 2;
	seconds = atof(argv[1]);
	pid = atoi(argv[2]);
	session_open(&session);
	session_map(&session);
	session_do(&session, PDIAG_KMOD_IOC_START, NULL, "start");
	ran = times_of(pid, pid).ran;
	for (double end = now() + seconds; now() < end; usleep(50000))
		session_read(&session, see, seen);
	ran = times_of(pid, pid).ran - ran;
	session_do(&session, PDIAG_KMOD_IOC_STOP, NULL, "stop");
	do {
		more = session_flush(&session);
	} while (session_read(&session, see, seen) || more);
	for (uint32_t i = 0; i < PIDS; i++)
		if (seen->weight[i])
			printf("%u %llu\n", i, (unsigned long long)seen->weight[i] / 1000000);
	printf("ran %.0f\n", ran * 1e3);
	printf("words %llu %llu\n", (unsigned long long)seen->user,
		(unsigned long long)seen->kernel);
	printf("unknown %llu\n", (unsigned long long)seen->unknown);
	session_close(&session);
	return 0;
}
