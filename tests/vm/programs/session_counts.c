/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_counts [option...]: sample the whole machine and hold the module's account against
 * what is known of it: each CPU gives a sample a period, and the weights of its samples are the
 * time that passed. Nothing may be lost, whatever the reader does.
 *
 *	-F HZ	-t SECONDS	-r RING_BYTES	-e EVENTS
 *	-s SECONDS	no reading for so long
 *	-n SESSIONS	so many sessions at a time; each is checked
 *	-o		CPUs go off and come back meanwhile: less time than wall clock times CPUs
 */
#include <poll.h>

#include "session.h"

#define STACKS (1u << 20)

struct account {
	struct session session;
	uint64_t samples, counted; /* of SAMPLE and WAIT, of COUNT */
	uint64_t weight;	   /* ns on CPU */
	uint64_t unknown;	   /* samples of a stack that was not sent */
	uint64_t lost, coarse, late;
	uint64_t last[RINGS];	   /* time of the last record */
	uint64_t backwards;
	uint8_t *known;		   /* by number of the stack */
	double calls[4];	   /* before and after START, before and after STOP */
};

static void see_stack(struct account *a, uint32_t stack)
{
	if (stack != PDIAG_KMOD_NO_STACK && (stack >= STACKS || !a->known[stack]))
		a->unknown++;
}

static void see(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	struct account *a = user;
	const struct pdiag_kmod_sample *sample = (const void *)record;
	const struct pdiag_kmod_count *count = (const void *)record;
	const struct pdiag_kmod_stack *stack = (const void *)record;

	if (record->type == PDIAG_KMOD_PAD)
		return;
	a->backwards += record->time + CLOCK_STEP < a->last[ring];
	a->last[ring] = record->time;
	switch (record->type) {
	case PDIAG_KMOD_STACK:
		if (stack->id >= STACKS || stack->nr > PDIAG_KMOD_DEPTH_MAX + 2)
			die("stack %u of %u words", stack->id, stack->nr);
		a->known[stack->id] = 1;
		break;
	case PDIAG_KMOD_SAMPLE:
		see_stack(a, sample->stack);
		a->samples++;
		a->weight += sample->weight;
		a->late += record->flags & PDIAG_KMOD_LATE;
		break;
	case PDIAG_KMOD_WAIT:
		see_stack(a, sample->stack);
		a->samples++;
		break;
	case PDIAG_KMOD_COUNT:
		see_stack(a, count->stack);
		a->counted += count->state == PDIAG_KMOD_STATE_WAITING ? 0 : count->count;
		if (count->state == PDIAG_KMOD_STATE_ON_CPU)
			a->weight += count->weight;
		a->coarse += record->flags & PDIAG_KMOD_COARSE ? count->count : 0;
		break;
	case PDIAG_KMOD_LOSS:
		a->lost += ((const struct pdiag_kmod_loss_record *)record)->events;
		break;
	default:
		break;
	}
}

static void finish(struct account *a)
{
	bool more;

	a->calls[2] = now();
	session_do(&a->session, PDIAG_KMOD_IOC_STOP, NULL, "stop");
	a->calls[3] = now();
	do {
		more = session_flush(&a->session);
	} while (session_read(&a->session, see, a) || more);
}

/* 0: the account is right. */
static int judge(struct account *a, bool fewer)
{
	struct pdiag_kmod_stats stats = { .size = sizeof(stats), .ring = PDIAG_KMOD_ALL_RINGS };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double weight = (double)a->weight / 1e9;
	double least = (a->calls[2] - a->calls[1]) * (double)cpus;
	double most = (a->calls[3] - a->calls[0]) * (double)cpus;
	/* Each CPU's last tick may have been up to a period ago, or is late. */
	double slack = 0.02, rest = (double)a->session.options.period_ns / 1e9 * (double)cpus;
	int bad = 0;

	session_do(&a->session, PDIAG_KMOD_IOC_STATS, &stats, "stats");
	printf("   %llu samples and %llu counted, %llu in the module's account; "
		"%.3f s of %.3f to %.3f s; "
		"%llu stacks, %llu coarse, %llu late, %llu lost, %llu throttled\n",
		(unsigned long long)a->samples, (unsigned long long)a->counted,
		(unsigned long long)stats.samples, weight, least, most,
		(unsigned long long)stats.stacks, (unsigned long long)a->coarse,
		(unsigned long long)a->late, (unsigned long long)a->lost,
		(unsigned long long)stats.throttled);
	if (stats.pending || a->unknown || a->backwards || a->lost) {
		printf("   %llu pending, %llu of unknown stacks, %llu back in time\n",
			(unsigned long long)stats.pending, (unsigned long long)a->unknown,
			(unsigned long long)a->backwards);
		bad = 1;
	}
	if (a->session.options.events == PDIAG_KMOD_ON_CPU &&
		a->samples + a->counted != stats.samples) {
		printf("   samples are missing\n");
		bad = 1;
	}
	if (a->session.options.hz &&
		a->session.options.period_ns != 1000000000 / a->session.options.hz) {
		printf("   the period is %llu ns\n",
			(unsigned long long)a->session.options.period_ns);
		bad = 1;
	}
	if (a->session.options.hz &&
		(weight > most + slack || (!fewer && weight < least - rest - slack))) {
		printf("   the weights are not the time that passed\n");
		bad = 1;
	}
	return bad;
}

int main(int argc, char **argv)
{
	struct pdiag_kmod_session options = {
		.events = PDIAG_KMOD_ON_CPU, .hz = 999, .budget_ppm = 1000000,
	};
	double seconds = 3, stall = 0, end;
	struct account *accounts;
	int option, count = 1, bad = 0;
	bool fewer = false;

	while ((option = getopt(argc, argv, "F:t:r:e:s:n:o")) > 0) {
		switch (option) {
		case 'F': options.hz = (uint32_t)atoi(optarg); break;
		case 't': seconds = atof(optarg); break;
		case 'r': options.ring_bytes = strtoull(optarg, NULL, 0); break;
		case 'e': options.events = (uint32_t)atoi(optarg); break;
		case 's': stall = atof(optarg); break;
		case 'n': count = atoi(optarg); break;
		case 'o': fewer = true; break;
		default: return 2;
		}
	}
	if (!(options.events & PDIAG_KMOD_ON_CPU))
		options.hz = 0;
	accounts = calloc((size_t)count, sizeof(*accounts));
	for (int i = 0; i < count; i++) {
		accounts[i].known = calloc(STACKS, 1);
		accounts[i].session.options = options;
		session_open(&accounts[i].session);
		session_map(&accounts[i].session);
		accounts[i].calls[0] = now();
		session_do(&accounts[i].session, PDIAG_KMOD_IOC_START, NULL, "start");
		accounts[i].calls[1] = now();
	}
	if (stall > 0)
		usleep((useconds_t)(stall * 1e6));
	for (end = now() + seconds; now() < end;) {
		struct pollfd wait = { .fd = accounts[0].session.fd, .events = POLLIN };

		poll(&wait, 1, 100);
		for (int i = 0; i < count; i++)
			session_read(&accounts[i].session, see, &accounts[i]);
	}
	for (int i = 0; i < count; i++)
		finish(&accounts[i]);
	for (int i = 0; i < count; i++)
		bad |= judge(&accounts[i], fewer);
	for (int i = 0; i < count; i++)
		session_close(&accounts[i].session);
	return bad;
}
