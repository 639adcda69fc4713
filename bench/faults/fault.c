/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes one fault, and ends by itself, on SIGTERM, and when its parent ends. Called by the name of
 * a kind (a link), so that processes have that name. Not dangerous: memory and processes are
 * bounded, nothing outside of the work folder is touched.
 */
#include "fault.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Who does not end by then is ended. */
#define GRACE_S 5

const struct fault_kind fault_kinds[] = {
	{ "hog", "burn_in_circles", "uses CPUs", fault_run_hog },
	{ "sysstorm", "call_again", "calls the kernel all the time", fault_run_calls },
	{ "convoy", "hold_the_lock,wait_in_line", "threads queue for one lock", fault_run_convoy },
	{ "forkstorm", "fork_again,be_a_child", "makes processes", fault_run_forks },
	{ "vforker", "start_and_wait", "threads in uninterruptible sleep, not for storage",
		fault_run_vfork },
	{ "thrasher", "touch_too_much", "needs more memory than its cgroup has",
		fault_run_memory },
	{ "stuckreader", "read_slow_block", "threads wait for slow storage", fault_run_storage },
	{ "loss", "send_on", "packets of the background's connection are lost", fault_run_loss },
	{ NULL, NULL, NULL, NULL },
};

static const char usage[] =
	"Usage: faults_inject KIND [--strength X|full] [--seconds N] [--work DIR]\n"
	"       faults_inject --list\n"
	"X is what the normal level becomes: 1.2 and up. Prints \"begin TIME PID FUNCTIONS\" and\n"
	"\"end TIME\" (CLOCK_MONOTONIC, ns). Exit status 77: cannot be made here, and why.\n";

static volatile sig_atomic_t stopped;
static uint64_t end_time = UINT64_MAX;
static const struct fault_kind *kind;

static void stop(int number)
{
	(void)number;
	stopped = 1;
	alarm(GRACE_S);
}

uint64_t fault_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool fault_over(void)
{
	return stopped || fault_clock() >= end_time;
}

void fault_begins(pid_t pid)
{
	printf("begin %llu %d %s\n", (unsigned long long)fault_clock(), pid, kind->functions);
	fflush(stdout);
}

int fault_cannot(const char *what)
{
	fprintf(stderr, "skipped: %s: %s: %s\n", kind->name, what, strerror(errno));
	return 77;
}

bool fault_is_full(const struct fault *f)
{
	return isinf(f->strength);
}

double fault_level(const struct fault *f, double normal, double full)
{
	double level = (f->strength - 1) * normal;

	return fault_is_full(f) || level > full ? full : level;
}

int fault_cpus(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

void fault_sleep(double seconds)
{
	struct timespec t = { (time_t)seconds, (long)(fmod(seconds, 1) * 1e9) };

	nanosleep(&t, NULL);
}

int fault_threads(int count, void *(*fn)(void *), void *arg)
{
	pthread_t threads[128];
	int started = 0;

	if (count > 128)
		count = 128;
	while (started < count && !pthread_create(&threads[started], NULL, fn, arg))
		started++;
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	return started == count ? 0 : fault_cannot("threads");
}

pid_t fault_fork(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	return 0;
}

void fault_reap(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int fault_attend(pid_t pid)
{
	int status;

	while (!fault_over()) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			errno = ECHILD;
			return fault_cannot("the child ended too early");
		}
		fault_sleep(0.05);
	}
	fault_reap(pid);
	return 0;
}

void fault_duty_begin(struct fault_duty *d, double level)
{
	d->level = level;
	d->start = fault_clock();
}

void fault_duty_end(struct fault_duty *d)
{
	double worked = (double)(fault_clock() - d->start) / 1e9;

	if (d->level < 1)
		fault_sleep(worked * (1 - d->level) / (d->level > 0.01 ? d->level : 0.01));
}

static const struct fault_kind *find(const char *name)
{
	for (const struct fault_kind *k = fault_kinds; k->name; k++)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}

static int list(void)
{
	for (const struct fault_kind *k = fault_kinds; k->name; k++)
		printf("%s\t%s\t%s\n", k->name, k->functions, k->what);
	return 0;
}

static int misuse(void)
{
	fputs(usage, stderr);
	return 2;
}

static int take_options(int argc, char **argv, struct fault *f)
{
	static const struct option options[] = {
		{ "strength", 1, NULL, 's' }, { "seconds", 1, NULL, 't' },
		{ "work", 1, NULL, 'w' }, { "list", 0, NULL, 'l' }, { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's': f->strength = strcmp(optarg, "full") ? atof(optarg) : INFINITY; break;
		case 't': f->seconds = atof(optarg); break;
		case 'w': f->work = optarg; break;
		case 'l': exit(list());
		default: return misuse();
		}
	}
	if (optind < argc)
		kind = find(argv[optind]);
	return kind && f->strength > 1 && f->seconds > 0 && f->seconds <= 3600 ? 0 : misuse();
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	struct fault f = { INFINITY, 10, "." };
	const char *slash = strrchr(argv[0], '/');
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	kind = find(slash ? slash + 1 : argv[0]);
	ret = take_options(argc, argv, &f);
	if (ret)
		return ret;
	prctl(PR_SET_NAME, kind->name);
	end_time = fault_clock() + (uint64_t)(f.seconds * 1e9);
	ret = kind->run(&f);
	printf("end %llu\n", (unsigned long long)fault_clock());
	return ret;
}
