/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_governor WHAT: a session with a budget that is far too small for what it is asked, on a
 * busy machine. It must get cheaper, say so in its stream, and still tell the truth in sum.
 *
 *	cpu	10,000 Hz: rarer samples, whose weights are the CPU time of two processes
 *	wait	two processes hand a byte to and fro: fewer waits are told of, which stand for all
 *	probe	a process calls the system all the time: the histogram counts all its calls
 *	back	when the machine is quiet again, the rate is what it was
 */
#include <math.h>
#include <poll.h>
#include <sys/syscall.h>

#include "others.h"

#define SECONDS 5

/* Someone to look at: what is known of him, and what the session says. */
struct other {
	pid_t pid;
	struct times times[4];	/* before and after START, before and after STOP */
	uint64_t switches[4];
	uint64_t samples, weight;
	uint64_t told, waits, wait_ns; /* WAIT records; waits that they stand for, and their time */
};

static struct session session;
static struct other others[2];
static double calls[4];
static uint64_t period[RINGS], slower[RINGS], faster[RINGS], same[RINGS], left_out, scaled;
static double spread; /* of the waits that both are said to have: their variance */
static bool broken;

static void look(int call)
{
	calls[call] = now();
	for (int i = 0; i < 2; i++) {
		if (!others[i].pid)
			continue;
		others[i].times[call] = times_of(others[i].pid, others[i].pid);
		others[i].switches[call] = switches_of(others[i].pid);
	}
}

static struct other *find(uint32_t pid)
{
	for (int i = 0; i < 2; i++)
		if (others[i].pid == (pid_t)pid)
			return &others[i];
	return NULL;
}

/*
 * The governor has changed the rate: from what it was last. How many events it leaves out is no
 * part of the record: it changes with the period, and beyond what that can.
 */
static void see_rate(uint32_t ring, const struct pdiag_kmod_rate *rate)
{
	bool first = !slower[ring] && !faster[ring] && !same[ring];

	if (session.options.hz) {
		broken |= !so(rate->old_period ==
				(first ? session.options.period_ns : period[ring]),
			"ring %u: a rate of %llu changes, which was never there", ring,
			(unsigned long long)rate->old_period);
		broken |= !so(rate->period >= session.options.period_ns &&
				rate->period <= 1000000000u,
			"ring %u: a period of %llu ns", ring, (unsigned long long)rate->period);
	}
	period[ring] = rate->period;
	slower[ring] += rate->period > rate->old_period;
	faster[ring] += rate->period < rate->old_period;
	same[ring] += rate->period == rate->old_period;
}

static void see(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	const struct pdiag_kmod_sample *sample = (const void *)record;
	const struct pdiag_kmod_count *count = (const void *)record;
	const struct pdiag_kmod_wait *wait = (const void *)record;
	const struct pdiag_kmod_loss_record *loss = (const void *)record;
	struct other *other = NULL;

	(void)user;
	if (record->type == PDIAG_KMOD_SAMPLE || record->type == PDIAG_KMOD_COUNT ||
		record->type == PDIAG_KMOD_WAIT)
		other = find(sample->pid);
	switch (record->type) {
	case PDIAG_KMOD_SAMPLE:
		if (other) {
			other->samples++;
			other->weight += sample->weight;
		}
		break;
	case PDIAG_KMOD_COUNT:
		if (other && count->state == PDIAG_KMOD_STATE_ON_CPU) {
			other->samples += count->count;
			other->weight += count->weight;
		} else if (other) {
			other->wait_ns += count->weight;
		}
		break;
	case PDIAG_KMOD_WAIT:
		scaled += wait->scale > 1;
		if (other) {
			other->told++;
			other->waits += wait->scale;
			spread += (double)wait->scale * wait->scale;
			other->wait_ns += (wait->blocked + wait->waiting) * wait->scale;
		}
		break;
	case PDIAG_KMOD_LOSS:
		if (loss->reason == PDIAG_KMOD_LOST_BUDGET)
			left_out += loss->events;
		break;
	case PDIAG_KMOD_RATE:
		see_rate(ring, (const void *)record);
		break;
	default:
		break;
	}
}

static void read_for(double seconds)
{
	struct pollfd wait = { .fd = session.fd, .events = POLLIN };

	for (double end = now() + seconds; now() < end;) {
		poll(&wait, 1, 100);
		session_read(&session, see, NULL);
	}
}

static struct pdiag_kmod_stats stats_of(uint32_t ring)
{
	struct pdiag_kmod_stats stats = { .size = sizeof(stats), .ring = ring };

	session_do(&session, PDIAG_KMOD_IOC_STATS, &stats, "stats");
	return stats;
}

static void begin(void)
{
	session_map(&session);
	look(0);
	session_do(&session, PDIAG_KMOD_IOC_START, NULL, "start");
	look(1);
}

static void end(void)
{
	bool more;

	look(2);
	session_do(&session, PDIAG_KMOD_IOC_STOP, NULL, "stop");
	look(3);
	do {
		more = session_flush(&session);
	} while (session_read(&session, see, NULL) || more);
}

/* What the stream says of the rate is what the statistics say. */
static bool rates_are_told(void)
{
	struct pdiag_kmod_stats stats;
	uint64_t sum = 0;
	bool good = !broken;

	for (uint32_t i = 0; i + 1 < session.options.nr_rings; i++) {
		if (!session.control[i])
			continue;
		stats = stats_of(i);
		sum += stats.throttled;
		printf("   ring %u: %llu callbacks of %.1f us; told %llu times of a longer period, "
			"%llu of a shorter one, %llu of events; now %.2f ms\n", i,
			(unsigned long long)stats.callbacks,
			(double)stats.callback_ns / 1e3 /
				(double)(stats.callbacks + !stats.callbacks),
			(unsigned long long)slower[i], (unsigned long long)faster[i],
			(unsigned long long)same[i], (double)stats.period_ns / 1e6);
		good &= so(slower[i] <= stats.throttled && stats.throttled <= slower[i] + same[i],
			"ring %u: %llu times lowered, by the statistics", i,
			(unsigned long long)stats.throttled);
		if (session.options.hz)
			good &= so(!period[i] || period[i] == stats.period_ns,
				"ring %u: the last period told of is that of now", i);
	}
	return so(sum, "lowered at all") && good;
}

/* ---- cpu ---- */

/* Work and rest of different lengths, which go with no clock. */
static void burn_some(void *arg)
{
	uint64_t state = 88172645463325252ull;

	(void)arg;
	for (;;) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		burn((double)(1 + state % 97 % 20) / 1e3);
		usleep((useconds_t)(1 + (state >> 33) % 20) * 1000);
	}
}

static bool weight_is_time(const char *what, const struct other *o)
{
	/* Samples are few now. */
	double part = 0.05 + 3 / sqrt((double)(o->samples + 1));

	printf("   %s: %llu samples\n", what, (unsigned long long)o->samples);
	return between(what, (double)o->weight / 1e9, o->times[2].ran - o->times[1].ran,
		o->times[3].ran - o->times[0].ran, part);
}

static bool try_cpu(void)
{
	bool good;

	others[0].pid = other_begin("always", 0, burn_on, NULL);
	others[1].pid = other_begin("sometimes", 1, burn_some, NULL);
	session.options = (struct pdiag_kmod_session){
		.events = PDIAG_KMOD_ON_CPU, .hz = 10000, .budget_ppm = 5000,
	};
	session_open(&session);
	begin();
	read_for(SECONDS + 3);
	end();
	good = rates_are_told();
	for (uint32_t i = 0; i < 2; i++)
		good &= so(slower[i], "ring %u: lowered", i);
	good &= weight_is_time("always busy", &others[0]);
	return weight_is_time("sometimes busy", &others[1]) && good;
}

/* ---- wait ---- */

struct hands {
	int in, out;
	uint64_t turns; /* of work at each byte */
};

static void hand_on(void *arg)
{
	const struct hands *hands = arg;
	char c;

	while (read(hands->in, &c, 1) == 1) {
		spin(hands->turns);
		if (write(hands->out, &c, 1) != 1)
			break;
	}
}

/* The two take turns on one CPU, each of them waits while the other works. */
static void hand_begin(uint64_t turns)
{
	static struct hands hands[2];
	int there[2], back[2];

	if (pipe(there) || pipe(back) || write(there[1], "", 1) != 1)
		die("pipe: %s", strerror(errno));
	hands[0] = (struct hands){ there[0], back[1], turns };
	hands[1] = (struct hands){ back[0], there[1], 2 * turns };
	others[0].pid = other_begin("hand", 1, hand_on, &hands[0]);
	others[1].pid = other_begin("hand", 1, hand_on, &hands[1]);
}

/* Turns of spin() that take 1 ms. */
static uint64_t turns_of_ms(void)
{
	double begin_at = cpu_time();
	uint64_t turns = 0;

	for (; cpu_time() < begin_at + 0.05; turns += 1000)
		spin(1000);
	return turns / 50;
}

static bool wait_is_time(const char *what, const struct other *o)
{
	/* Both have as many waits, and a few that stand for very many make the error. */
	double part = 0.1 + 3 * sqrt(spread / 2) / (double)(o->switches[3] - o->switches[0]);
	double least = calls[2] - calls[1] - (o->times[3].ran - o->times[0].ran);
	double most = calls[3] - calls[0] - (o->times[2].ran - o->times[1].ran);
	bool good;

	printf("   %s: %llu records\n", what, (unsigned long long)o->told);
	good = between("waits", (double)o->waits, (double)(o->switches[2] - o->switches[1]),
		(double)(o->switches[3] - o->switches[0]), part);
	return between("seconds of them", (double)o->wait_ns / 1e9, least, most, part) && good;
}

static bool try_wait(void)
{
	bool good;

	hand_begin(turns_of_ms() / 2);
	session.options = (struct pdiag_kmod_session){
		.events = PDIAG_KMOD_OFF_CPU, .target = PDIAG_KMOD_COMMAND, .comm = "hand",
		.budget_ppm = 30000,
	};
	session_open(&session);
	begin();
	read_for(SECONDS);
	end();
	good = rates_are_told();
	good &= so(scaled, "some wait stands for several");
	good &= so(left_out && left_out == stats_of(PDIAG_KMOD_ALL_RINGS).
		lost[PDIAG_KMOD_LOST_BUDGET], "told how many were left out: %llu",
		(unsigned long long)left_out);
	good &= wait_is_time("the one", &others[0]);
	return wait_is_time("the other", &others[1]) && good;
}

/* ---- probe ---- */

static uint32_t probe_number(const char *name)
{
	int device = open(PDIAG_KMOD_DEVICE, O_RDWR | O_CLOEXEC);
	struct pdiag_kmod_probe_info info = { .size = sizeof(info) };

	for (; !ioctl(device, PDIAG_KMOD_IOC_PROBE_INFO, &info); info.index++)
		if (!strcmp(info.name, name)) {
			close(device);
			return info.index;
		}
	die("no probe %s", name);
}

static void call_on(void *arg)
{
	volatile uint64_t *done = arg;

	for (;; (*done)++)
		syscall(SYS_getppid);
}

static bool try_probe(void)
{
	struct pdiag_kmod_histogram h = { .size = sizeof(h) };
	struct pdiag_kmod_probe probe = { .size = sizeof(probe) };
	volatile uint64_t *done = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t sum = 0, least, most;
	bool good;

	if (done == MAP_FAILED)
		die("no memory");
	others[0].pid = other_begin("caller", 1, call_on, (void *)done);
	session.options = (struct pdiag_kmod_session){
		.target = PDIAG_KMOD_PROCESS, .pid = others[0].pid, .budget_ppm = 10000,
	};
	session_open(&session);
	probe.index = h.index = probe_number("sys-delay");
	session_do(&session, PDIAG_KMOD_IOC_PROBE, &probe, "probe");
	most = *done;
	begin();
	least = *done;
	read_for(SECONDS);
	least = *done - least;
	end();
	most = *done - most;
	session_do(&session, PDIAG_KMOD_IOC_HISTOGRAM, &h, "histogram");
	for (int i = 0; i < 65; i++)
		sum += h.bucket[i];
	good = rates_are_told();
	good &= so(sum == h.count, "the buckets have %llu, the count is %llu",
		(unsigned long long)sum, (unsigned long long)h.count);
	/* Each stands for up to 1,024; those that are counted begin and end a little later. */
	return between("calls", (double)h.count, (double)least - 2048, (double)most + 2048, 0.1) &&
		good;
}

/* ---- back ---- */

static bool try_back(void)
{
	bool good, back = false;

	hand_begin(100);
	session.options = (struct pdiag_kmod_session){
		.events = PDIAG_KMOD_ON_CPU | PDIAG_KMOD_OFF_CPU, .hz = 20, .budget_ppm = 20000,
		.flags = PDIAG_KMOD_SKIP_IDLE,
	};
	session_open(&session);
	begin();
	read_for(3);
	good = so(slower[1], "lowered while there are many switches");
	kill(others[0].pid, SIGSTOP);
	kill(others[1].pid, SIGSTOP);
	for (double give_up = now() + 60; !back && now() < give_up;) {
		read_for(0.5);
		back = stats_of(1).period_ns == session.options.period_ns;
	}
	end();
	good &= so(back, "at its rate again");
	good &= so(faster[1], "told so");
	return rates_are_told() && good;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*fn)(void);
	} all[] = {
		{ "cpu", try_cpu }, { "wait", try_wait }, { "probe", try_probe },
		{ "back", try_back },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(all) / sizeof(all[0]); i++) {
		bool good;

		if (strcmp(argv[1], all[i].name))
			continue;
		good = all[i].fn();
		session_close(&session);
		return !good;
	}
	return 2;
}
