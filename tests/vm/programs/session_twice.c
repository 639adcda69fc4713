/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_twice HOW: two readers of one session, who know nothing of each other: two "threads" with
 * one mapping, or two "processes" of which each maps what the other does. Each reads, stores its
 * tail over the other's, polls, flushes and asks for statistics. What they read may be torn; the
 * module must not care, and go on in order as soon as there is one reader again.
 */
#include <poll.h>
#include <pthread.h>

#include "others.h"

#define SECONDS 4

static struct session session;
static volatile int stop;

/* Like session_read(), but of what is there twice or gone in the middle nothing is expected. */
static uint64_t read_torn(struct session *s, unsigned int *seed)
{
	uint64_t head, tail, count = 0;

	for (uint32_t i = 0; i < s->options.nr_rings; i++) {
		const struct pdiag_kmod_record *record;
		uint32_t len;

		if (!s->control[i])
			continue;
		tail = __atomic_load_n(&s->control[i]->tail, __ATOMIC_RELAXED);
		head = __atomic_load_n(&s->control[i]->head, __ATOMIC_ACQUIRE);
		if (tail > head || head - tail > s->size[i])
			tail = head;
		for (; tail < head; tail += len, count++) {
			record = (const void *)(s->data[i] + (tail & (s->size[i] - 1)));
			len = *(const volatile uint32_t *)&record->len;
			if (len < 16 || len % 16 || len > head - tail)
				len = (uint32_t)(head - tail);
		}
		/* Now the other one has its chance. */
		if (rand_r(seed) % 8 == 0)
			usleep((useconds_t)(rand_r(seed) % 3000));
		__atomic_store_n(&s->control[i]->tail, tail, __ATOMIC_RELEASE);
	}
	return count;
}

static void *reader(void *arg)
{
	struct pdiag_kmod_stats stats = { .size = sizeof(stats), .ring = PDIAG_KMOD_ALL_RINGS };
	struct pollfd wait = { .fd = session.fd, .events = POLLIN };
	unsigned int seed = *(const unsigned int *)arg;
	uint64_t count = 0;

	while (!stop) {
		poll(&wait, 1, 10);
		count += read_torn(&session, &seed);
		if (rand_r(&seed) % 4 == 0)
			session_flush(&session);
		if (rand_r(&seed) % 16 == 0)
			session_do(&session, PDIAG_KMOD_IOC_STATS, &stats, "stats");
	}
	printf("   %llu records\n", (unsigned long long)count);
	fflush(stdout);
	return count ? NULL : "none";
}

static void end(int number)
{
	(void)number;
	stop = 1;
}

static void process(void *arg)
{
	/* The file is the parent's; the mapping is its own. */
	memset(session.control, 0, sizeof(session.control));
	session_map(&session);
	signal(SIGTERM, end);
	_exit(reader(arg) != NULL);
}

static bool as_threads(void)
{
	static unsigned int seeds[2] = { 1, 2 };
	pthread_t threads[2];
	void *said[2];

	session_map(&session);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, reader, &seeds[i]))
			die("no thread");
	sleep(SECONDS);
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], &said[i]);
	return so(!said[0] && !said[1], "both read something");
}

static bool as_processes(void)
{
	static unsigned int seeds[2] = { 3, 4 };
	pid_t pids[2];
	int status[2];

	for (int i = 0; i < 2; i++)
		pids[i] = other_begin("reader", -1, process, &seeds[i]);
	sleep(SECONDS);
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGTERM);
		waitpid(pids[i], &status[i], 0);
	}
	session_map(&session);
	return so(!status[0] && !status[1], "both read something");
}

struct account {
	uint64_t records, weight, samples;
};

static void see(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	const struct pdiag_kmod_sample *sample = (const void *)record;
	const struct pdiag_kmod_count *count = (const void *)record;
	struct account *a = user;

	(void)ring;
	a->records++;
	if (record->type == PDIAG_KMOD_SAMPLE) {
		a->samples++;
		a->weight += sample->weight;
	} else if (record->type == PDIAG_KMOD_COUNT) {
		a->samples += count->count;
		a->weight += count->weight;
	}
}

static bool tails_are_sane(void)
{
	bool good = true;

	for (uint32_t i = 0; i < session.options.nr_rings; i++) {
		struct pdiag_kmod_ring *control = session.control[i];

		if (!control)
			continue;
		good &= so(control->tail <= control->head &&
				control->head - control->tail <= session.size[i],
			"ring %u: from %llu to %llu", i, (unsigned long long)control->tail,
			(unsigned long long)control->head);
		good &= so(control->data_bytes == session.size[i], "ring %u: its size", i);
	}
	return good;
}

/*
 * A tail that cannot be is a ring without room: what was not read is not written over. It may be
 * filled to its end, as the module does not look before it is.
 */
static bool lie(void)
{
	struct account a = { 0 };
	uint64_t tails[RINGS], heads[RINGS];
	bool good = true;

	session_read(&session, see, &a);
	for (uint32_t i = 0; i + 1 < session.options.nr_rings; i++) {
		struct pdiag_kmod_ring *control = session.control[i];

		tails[i] = control->tail;
		__atomic_store_n(&control->tail,
			tails[i] + (i % 2 ? session.size[i] : -2 * session.size[i]),
			__ATOMIC_RELEASE);
	}
	usleep(2500000);
	for (uint32_t i = 0; i + 1 < session.options.nr_rings; i++) {
		heads[i] = session.control[i]->head;
		__atomic_store_n(&session.control[i]->tail, tails[i], __ATOMIC_RELEASE);
	}
	for (uint32_t i = 0; i + 1 < session.options.nr_rings; i++)
		good &= so(heads[i] - tails[i] <= session.size[i],
			"ring %u: %llu bytes, of which nobody has read any, in %llu", i,
			(unsigned long long)(heads[i] - tails[i]),
			(unsigned long long)session.size[i]);
	return good;
}

/* A single reader from here on: all of the time that passes is there. */
static bool alone(void)
{
	struct pdiag_kmod_stats before = { .size = sizeof(before), .ring = PDIAG_KMOD_ALL_RINGS };
	struct pdiag_kmod_stats after = before;
	/* Between the flush and the first look a few may come. */
	uint64_t few = 100 * (uint64_t)times_slower();
	struct account a = { 0 };
	bool more, good;

	do {
		more = session_flush(&session);
		session_read(&session, see, &a);
	} while (more);
	good = tails_are_sane();
	session_do(&session, PDIAG_KMOD_IOC_STATS, &before, "stats");
	a = (struct account){ 0 };
	for (double until = now() + 2; now() < until; usleep(20000))
		session_read(&session, see, &a);
	session_do(&session, PDIAG_KMOD_IOC_STOP, NULL, "stop");
	do {
		more = session_flush(&session);
	} while (session_read(&session, see, &a) || more);
	session_do(&session, PDIAG_KMOD_IOC_STATS, &after, "stats");
	printf("   alone: %llu records, %llu samples, %.3f s\n", (unsigned long long)a.records,
		(unsigned long long)a.samples, (double)a.weight / 1e9);
	good &= so(!after.pending && !after.lost[PDIAG_KMOD_LOST_RING], "nothing waits");
	good &= so(a.samples >= after.samples - before.samples &&
			a.samples <= after.samples - before.samples + few,
		"%llu samples were taken", (unsigned long long)(after.samples - before.samples));
	return tails_are_sane() && good;
}

int main(int argc, char **argv)
{
	bool good;

	session.options = (struct pdiag_kmod_session){
		.events = PDIAG_KMOD_ON_CPU, .hz = 5000, .ring_bytes = 65536,
		.budget_ppm = 1000000, .watermark = 4096, .wake_ms = 5,
	};
	session_open(&session);
	session_do(&session, PDIAG_KMOD_IOC_START, NULL, "start");
	good = argc > 1 && !strcmp(argv[1], "processes") ? as_processes() : as_threads();
	good &= lie();
	good &= alone();
	session_close(&session);
	return !good;
}
