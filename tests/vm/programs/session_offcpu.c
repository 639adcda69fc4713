/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_offcpu WHAT: time off the CPU of a process that knows how long it was on one, and the
 * kernel how long it was runnable: what is left it was blocked.
 *
 *	both	it is woken by another one, which goes on with the CPU for a while
 *	least	short sleeps and long ones, of which only those are told of
 *	sampled	the same; of the time of short ones some stand for all of it
 *	mask	it goes from a CPU that the session is about to another one, and back
 */
#include <poll.h>

#include "others.h"

static struct session session;
static pid_t target;
static struct {
	uint64_t waits, preempted;
	double blocked, waiting; /* s */
	double shortest;
	bool wrong;
} seen = { .shortest = 1e9 };

static void see(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	const struct pdiag_kmod_wait *wait = (const void *)record;
	const struct pdiag_kmod_count *count = (const void *)record;
	double away;

	(void)user;
	(void)ring;
	if (record->type == PDIAG_KMOD_COUNT) {
		*(count->state == PDIAG_KMOD_STATE_WAITING ? &seen.waiting : &seen.blocked) +=
			(double)count->weight / 1e9;
		return;
	}
	/* What it still waits for at the end is no part of its turn. */
	if (record->type != PDIAG_KMOD_WAIT || record->flags & PDIAG_KMOD_AWAY)
		return;
	seen.wrong |= !so(wait->pid == (uint32_t)target, "a wait of %u, not of %d", wait->pid,
		target);
	seen.wrong |= !so(!(record->flags & PDIAG_KMOD_PREEMPTED) == (wait->state !=
		PDIAG_KMOD_STATE_WAITING), "preempted or not");
	seen.wrong |= !so(wait->state != PDIAG_KMOD_STATE_WAITING || !wait->blocked,
		"who was preempted is not blocked");
	away = (double)(wait->blocked + wait->waiting) / 1e9;
	if (away < seen.shortest)
		seen.shortest = away;
	seen.waits++;
	seen.preempted += wait->state == PDIAG_KMOD_STATE_WAITING;
	seen.blocked += (double)wait->blocked / 1e9;
	seen.waiting += (double)wait->waiting / 1e9;
}

/* A process that stands still until it is woken, and has its turn. */
struct turn {
	int go[2], done[2];
	void (*fn)(void);
	double off;	/* s that it was not on a CPU, by clocks that the module does not use */
	double waited;	/* s of that it was runnable, as the scheduler has it */
	double slept;	/* s that it wanted to sleep where the session sees it */
	volatile int asleep, hog_on;
};
static struct turn *turn;

static void have_turn(void *arg)
{
	struct times from, to;
	double began;

	(void)arg;
	take(turn->go[0]);
	began = now() - cpu_time();
	from = times_of(getpid(), getpid());
	turn->fn();
	to = times_of(getpid(), getpid());
	turn->off = now() - cpu_time() - began;
	turn->waited = to.waited - from.waited;
	pass(turn->done[1]);
	for (;;)
		pause();
}

static void prepare(const char *name, int cpu, void (*fn)(void))
{
	turn = mmap(NULL, sizeof(*turn), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		-1, 0);
	if (turn == MAP_FAILED || pipe(turn->go) || pipe(turn->done))
		die("no memory or pipe");
	turn->fn = fn;
	target = other_begin(name, cpu, have_turn, NULL);
}

/* Start, let it have its turn, stop. */
static void watch_turn(uint64_t least, uint64_t cpus, uint32_t flags)
{
	struct pollfd wait[2];
	bool more;

	session.options = (struct pdiag_kmod_session){
		.events = PDIAG_KMOD_OFF_CPU, .target = PDIAG_KMOD_PROCESS, .pid = target,
		.off_cpu_min_ns = least, .budget_ppm = 1000000, .flags = flags,
		.cpus = cpus ? (uintptr_t)&cpus : 0, .cpus_bytes = cpus ? sizeof(cpus) : 0,
	};
	session_open(&session);
	session_map(&session);
	wait[0] = (struct pollfd){ .fd = turn->done[0], .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = session.fd, .events = POLLIN };
	session_do(&session, PDIAG_KMOD_IOC_START, NULL, "start");
	pass(turn->go[1]);
	do {
		poll(wait, 2, 100);
		session_read(&session, see, NULL);
	} while (!(wait[0].revents & POLLIN));
	session_do(&session, PDIAG_KMOD_IOC_STOP, NULL, "stop");
	do {
		more = session_flush(&session);
	} while (session_read(&session, see, NULL) || more);
}

static void rest(unsigned int ms)
{
	usleep(ms * 1000);
}

/* ---- both ---- */

static int wake[2];

static void spin_for(double seconds)
{
	for (double end = now() + seconds; now() < end;)
		spin(1000);
}

/* Takes the CPU for 30 ms of 55, and wakes the other one, which is on the same, half-way. */
static void hog(void *arg)
{
	struct sched_param param = { .sched_priority = 50 };

	(void)arg;
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		_exit(1);
	for (;; rest(25)) {
		if (!turn->hog_on)
			continue;
		spin_for(0.015);
		pass(wake[1]);
		spin_for(0.015);
	}
}

static void sleep_and_work(void)
{
	/* Not while the times are taken. */
	turn->hog_on = 1;
	for (int i = 0; i < 40; i++) {
		take(wake[0]);
		burn(i % 4 ? 0.01 : 0.03);
	}
	turn->hog_on = 0;
}

static bool try_both(void)
{
	bool good;

	if (pipe(wake))
		die("pipe: %s", strerror(errno));
	prepare("sleeper", 1, sleep_and_work);
	other_begin("hog", 1, hog, NULL);
	watch_turn(0, 0, 0);
	printf("   %llu waits, %llu of them preempted\n", (unsigned long long)seen.waits,
		(unsigned long long)seen.preempted);
	good = so(turn->waited > 0.2 && seen.preempted, "it had to wait, and was preempted");
	good &= between("blocked", seen.blocked, turn->off - turn->waited,
		turn->off - turn->waited, 0.05);
	return between("waiting", seen.waiting, turn->waited, turn->waited, 0.1) && good;
}

/* ---- least ---- */

#define LEAST 0.03

static void sleep_short_and_long(void)
{
	for (int i = 0; i < 40; i++)
		rest(i % 4 ? 4 : 60);
}

static bool try_least(void)
{
	struct pdiag_kmod_stats stats = { .size = sizeof(stats), .ring = PDIAG_KMOD_ALL_RINGS };
	double told, not_told;
	bool good;

	prepare("sleeper", 1, sleep_short_and_long);
	watch_turn((uint64_t)(LEAST * 1e9), 0, 0);
	session_do(&session, PDIAG_KMOD_IOC_STATS, &stats, "stats");
	told = seen.blocked + seen.waiting;
	not_told = (double)stats.short_ns / 1e9;
	printf("   %llu waits told of, %.3f s, the shortest of %.3f s; %llu short ones, %.3f s\n",
		(unsigned long long)seen.waits, told, seen.shortest,
		(unsigned long long)stats.short_waits, not_told);
	good = so(seen.shortest >= LEAST, "none is short");
	good &= so(seen.waits >= 10 && stats.short_waits >= 10, "some of both");
	good &= so(seen.waits + stats.short_waits >= 40, "none is missing");
	return between("both", told + not_told, turn->off, turn->off, 0.05) && good;
}

/* ---- sampled ---- */

static bool try_sampled(void)
{
	struct pdiag_kmod_stats stats = { .size = sizeof(stats), .ring = PDIAG_KMOD_ALL_RINGS };
	double told;
	bool good;

	prepare("sleeper", 1, sleep_short_and_long);
	watch_turn((uint64_t)(LEAST * 1e9), 0, PDIAG_KMOD_SHORT_WAITS);
	session_do(&session, PDIAG_KMOD_IOC_STATS, &stats, "stats");
	told = seen.blocked + seen.waiting;
	printf("   %llu waits told of, %.3f s; %llu short ones left out\n",
		(unsigned long long)seen.waits, told, (unsigned long long)stats.short_waits);
	good = so(seen.shortest >= LEAST, "none stands for less");
	good &= so(seen.waits > 10 && stats.short_waits >= 10, "some of the short ones are told");
	/* What no mark was reached for is less than one for each kind, of each CPU. */
	return between("told", told, turn->off - 2 * LEAST, turn->off, 0.05) && good;
}

/* ---- mask ---- */

/* Who is asleep on the first CPU wakes up on the second. */
static void mover(void *arg)
{
	(void)arg;
	for (;; rest(2)) {
		if (!turn->asleep)
			continue;
		rest(20);
		pin(target, 1);
		turn->asleep = 0;
	}
}

static void go_and_come(void)
{
	for (int i = 0; i < 6; i++) {
		double began = now();

		rest(30);
		turn->slept += now() - began;
		burn(0.01);
		/* It goes by itself, or in its sleep. */
		if (i % 2) {
			pin(0, 1);
		} else {
			turn->asleep = 1;
			while (turn->asleep)
				rest(100);
		}
		burn(0.08);
		rest(10);
		burn(0.08);
		pin(0, 0);
	}
}

static bool try_mask(void)
{
	double told;
	bool good;

	prepare("goer", 0, go_and_come);
	other_begin("mover", 1, mover, NULL);
	watch_turn(0, 1, 0);
	told = seen.blocked + seen.waiting;
	printf("   %llu waits; blocked %.3f s, waiting %.3f s; %.3f s asleep on its CPU; "
		"%.3f s off all CPUs\n", (unsigned long long)seen.waits, seen.blocked,
		seen.waiting, turn->slept, turn->off);
	good = so(told >= turn->slept * 0.95, "what it slept where it is seen is there");
	return so(told <= turn->off * 1.02, "what it ran elsewhere is no wait") && good;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*fn)(void);
	} all[] = { { "both", try_both }, { "least", try_least }, { "sampled", try_sampled },
		{ "mask", try_mask } };

	for (size_t i = 0; argc > 1 && i < sizeof(all) / sizeof(all[0]); i++) {
		bool good;

		if (strcmp(argv[1], all[i].name))
			continue;
		good = all[i].fn();
		session_close(&session);
		other_end(target);
		return !(good && !seen.wrong);
	}
	return 2;
}
