/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_away WHAT: who waits when a flight recorder is frozen.
 *
 *	goes-on	who hangs is in it each time, with the time since the last; who came back
 *		meanwhile is not, whether it runs or waits for something else
 *	many	more wait than there is room for: what led to the freeze stays, the rest is counted
 */
#include <pthread.h>

#include "others.h"

#define WAITERS 800

static struct session session;

/* Waits of one process in a frozen recorder. */
struct seen {
	pid_t pid;
	uint64_t away, others; /* waits that go on; all others */
	double blocked;	       /* s, of the last of those that go on */
	uint32_t state;
};

static struct seen hanging, running, turning;

static void see_one(struct seen *seen, const struct pdiag_kmod_wait *wait)
{
	/* Who wants to run and may not does not wait for anything. */
	if (wait->pid != (uint32_t)seen->pid || wait->state == PDIAG_KMOD_STATE_WAITING)
		return;
	if (!(wait->head.flags & PDIAG_KMOD_AWAY)) {
		seen->others++;
		return;
	}
	seen->away++;
	seen->blocked = (double)wait->blocked / 1e9;
	seen->state = wait->state;
}

static void see(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	(void)user;
	(void)ring;
	if (record->type != PDIAG_KMOD_WAIT)
		return;
	see_one(&hanging, (const void *)record);
	see_one(&running, (const void *)record);
	see_one(&turning, (const void *)record);
}

static void again(struct seen *seen)
{
	*seen = (struct seen){ .pid = seen->pid };
}

static void look(const char *when)
{
	again(&hanging);
	again(&running);
	again(&turning);
	session_read(&session, see, NULL);
	printf("   %s: %llu hang, for %.3f s; %llu and %llu wait\n", when,
		(unsigned long long)hanging.away, hanging.blocked,
		(unsigned long long)running.away, (unsigned long long)turning.away);
}

static void freeze(bool frozen)
{
	session_do(&session, frozen ? PDIAG_KMOD_IOC_FREEZE : PDIAG_KMOD_IOC_THAW, NULL,
		frozen ? "freeze" : "thaw");
}

/* ---- goes-on ---- */

static int run_on[2], turn[2], turned[2];

/* Waits uninterruptibly until its child ends. */
static void hang(void *arg)
{
	(void)arg;
	if (!vfork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	_exit(0);
}

static void wait_and_run(void *arg)
{
	(void)arg;
	take(run_on[0]);
	pass(turned[1]);
	burn_on(NULL);
}

static void wait_again(void *arg)
{
	(void)arg;
	for (;;) {
		take(turn[0]);
		pass(turned[1]);
	}
}

/* Until it waits, in this state of ps(1). */
static void until(pid_t pid, char state)
{
	char path[64], text[512] = "", *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < 1000; i++) {
		file = fopen(path, "re");
		if (!file || !fgets(text, sizeof(text), file))
			die("%s: nothing in it", path);
		fclose(file);
		end = strrchr(text, ')');
		if (end && end[2] == state)
			return;
		usleep(10000);
	}
	die("%d is not in state %c", pid, state);
}

static void begin_three(void)
{
	if (pipe(run_on) || pipe(turn) || pipe(turned))
		die("pipe: %s", strerror(errno));
	hanging.pid = other_begin("hanging", -1, hang, NULL);
	running.pid = other_begin("running", 1, wait_and_run, NULL);
	turning.pid = other_begin("turning", 0, wait_again, NULL);
	/* Should they end, nobody waits for them. */
	close(turned[1]);
	until(hanging.pid, 'D');
	until(running.pid, 'S');
	until(turning.pid, 'S');
}

static bool first_look(double began)
{
	bool good;

	freeze(true);
	look("frozen");
	good = so(hanging.away == 1 && hanging.state == PDIAG_KMOD_STATE_DISK, "one hangs");
	good &= so(hanging.blocked > 0.5 && hanging.blocked < now() - began, "for so long");
	return so(running.away == 1 && turning.away == 1, "two wait, once each") && good;
}

static bool second_look(double since)
{
	bool good;

	freeze(true);
	look("and again");
	good = so(hanging.away == 1 && hanging.state == PDIAG_KMOD_STATE_DISK, "it hangs still");
	good &= so(hanging.blocked > 0.5 && hanging.blocked < now() - since,
		"only since the last time");
	good &= so(!running.away, "who is back and runs does not wait");
	good &= so(!turning.away, "of who is back and waits for something else nothing is known");
	return so(!running.others && !turning.others, "and no wait of theirs has ended") && good;
}

static bool try_goes_on(void)
{
	double began, since;
	bool good;

	session.options = (struct pdiag_kmod_session){
		.events = PDIAG_KMOD_OFF_CPU, .flags = PDIAG_KMOD_FLIGHT, .budget_ppm = 1000000,
		.off_cpu_min_ns = 1000000,
	};
	session_open(&session);
	session_map(&session);
	session_do(&session, PDIAG_KMOD_IOC_START, NULL, "start");
	began = now();
	begin_three();
	usleep(600000);
	since = now();
	good = first_look(began);
	/* While it is frozen nobody sees them come back. */
	pass(run_on[1]);
	pass(turn[1]);
	take(turned[0]);
	take(turned[0]);
	until(turning.pid, 'S');
	/* It is said before it has left. */
	usleep(50000);
	freeze(false);
	usleep(600000);
	good &= second_look(since);
	freeze(false);
	/* What began unseen is not told of when it ends; what begins now is. */
	pass(turn[1]);
	take(turned[0]);
	until(turning.pid, 'S');
	usleep(200000);
	pass(turn[1]);
	take(turned[0]);
	freeze(true);
	look("at last");
	good &= so(turning.others == 1, "one wait has ended, not %llu",
		(unsigned long long)turning.others);
	other_end(running.pid);
	other_end(turning.pid);
	other_end(hanging.pid);
	return good;
}

/* ---- many ---- */

static struct {
	double first[RINGS], last[RINGS]; /* samples, s */
	uint64_t bytes[RINGS];		  /* of waits that go on */
	uint64_t away, unknown, lost;
	uint8_t known[1 << 20];
} many;

static void see_many(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	const struct pdiag_kmod_stack *stack = (const void *)record;
	const struct pdiag_kmod_wait *wait = (const void *)record;
	const struct pdiag_kmod_loss_record *loss = (const void *)record;
	double time = (double)record->time / 1e9;

	(void)user;
	if (record->type == PDIAG_KMOD_STACK)
		many.known[stack->id] = 1;
	if (record->type == PDIAG_KMOD_LOSS && loss->reason == PDIAG_KMOD_LOST_SLOTS)
		many.lost += loss->events;
	if (record->type == PDIAG_KMOD_WAIT && record->flags & PDIAG_KMOD_AWAY) {
		many.away++;
		many.bytes[ring] += record->len;
		many.unknown += wait->stack != PDIAG_KMOD_NO_STACK && !many.known[wait->stack];
	}
	if (record->type != PDIAG_KMOD_SAMPLE)
		return;
	if (!many.first[ring] || time < many.first[ring])
		many.first[ring] = time;
	if (time > many.last[ring])
		many.last[ring] = time;
}

static void *wait_for_ever(void *arg)
{
	while (pause())
		;
	return arg;
}

static void begin_many(void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int i = 0; i < WAITERS; i++)
		if (pthread_create(&thread, &attr, wait_for_ever, NULL))
			_exit(1);
	pass(*(int *)arg);
	burn_on(NULL);
}

static bool try_many(void)
{
	int ready[2];
	pid_t pid;
	bool good;

	if (pipe(ready))
		die("pipe: %s", strerror(errno));
	session.options = (struct pdiag_kmod_session){
		.events = PDIAG_KMOD_ON_CPU | PDIAG_KMOD_OFF_CPU, .flags = PDIAG_KMOD_FLIGHT,
		.hz = 100, .budget_ppm = 1000000, .ring_bytes = 1 << 19, .user_bytes = 384,
	};
	session_open(&session);
	session_map(&session);
	session_do(&session, PDIAG_KMOD_IOC_START, NULL, "start");
	pid = other_begin("many", -1, begin_many, &ready[1]);
	close(ready[1]);
	take(ready[0]);
	usleep(500000 * (useconds_t)times_slower());
	freeze(true);
	session_read(&session, see_many, NULL);
	printf("   %llu wait, %llu without room\n", (unsigned long long)many.away,
		(unsigned long long)many.lost);
	good = so(many.away > 50 && many.lost > 50, "some of both");
	good &= so(many.away + many.lost >= WAITERS, "nobody is missing");
	good &= so(!many.unknown, "each has its stack");
	for (uint32_t i = 0; i + 1 < session.options.nr_rings; i++) {
		if (!session.control[i])
			continue;
		printf("   ring %u: samples of %.3f s, waits of %llu bytes\n", i,
			many.last[i] - many.first[i], (unsigned long long)many.bytes[i]);
		good &= so(many.bytes[i] <= 2 * session.size[i] / 8, "they take no more than that");
		good &= so(many.last[i] - many.first[i] > 0.4, "what led to it is still there");
	}
	other_end(pid);
	return good;
}

int main(int argc, char **argv)
{
	bool good;

	if (argc != 2 || (strcmp(argv[1], "goes-on") && strcmp(argv[1], "many")))
		return 2;
	good = argv[1][0] == 'g' ? try_goes_on() : try_many();
	session_close(&session);
	return !good;
}
