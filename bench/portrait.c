/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * portrait PROCESSES THREADS ACTIVE STEPS: make so many processes that sleep, of which each has so
 * many threads and ACTIVE of a hundred do a little every second, and look at all that there are on
 * the machine every ten seconds: with the library, and as programs do it that read stat, status and
 * io of each process with stdio. Prints
 *	TASKS OURS FIRST WORST STDIO BYTES LOOKED
 * OURS, STDIO: CPU time of a look in the mean without the first, ms; FIRST, WORST: ours; BYTES: of
 * memory, by the library's own count; LOOKED: processes that it knows. What was made ends with it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define STEP_S 10
#define STACK 16384u
#define MOST 30000u
#define SECOND 1000000000ull

static volatile unsigned long sink;

static uint64_t clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void rest(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };

	syscall(SYS_nanosleep, &t, NULL);
}

/* ---- what is looked at ---- */

/* 50 us of work a second, at a time of its own. */
static int active(void *number)
{
	rest((double)((uintptr_t)number % 97) / 97);
	for (;;) {
		for (int i = 0; i < 50000; i++)
			sink++;
		rest(1);
	}
	return 0;
}

static int idle(void *unused)
{
	(void)unused;
	for (;;)
		rest(3600);
	return 0;
}

static char *new_stack(void)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	return stack == MAP_FAILED ? NULL : stack + STACK;
}

static int make_task(int (*body)(void *), uintptr_t number, int flags)
{
	char *stack = new_stack();

	return stack ? clone(body, stack, flags, (void *)number) : -1;
}

struct plan {
	unsigned int threads;
	bool busy;
	uintptr_t number;
};

/* A process; all share one address space, or there would be no room for so many. */
static int process(void *arg)
{
	const struct plan *plan = arg;
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int i = 1; i < plan->threads; i++)
		make_task(idle, 0, flags);
	return plan->busy ? active((void *)plan->number) : idle(NULL);
}

/* Runs in a process of its own, whose end is theirs; says by a byte that all are there. */
static void make_all(unsigned int count, unsigned int threads, unsigned int percent, int ready)
{
	static struct plan plans[MOST];
	unsigned int made = 0;

	for (unsigned int i = 0; i < count && i < MOST; i++) {
		char *stack = new_stack();

		plans[i] = (struct plan){ threads, i * 37 % 100 < percent, i };
		made += stack && clone(process, stack, CLONE_VM | SIGCHLD, &plans[i]) > 0;
	}
	if (write(ready, &made, sizeof(made)) != sizeof(made))
		_exit(1);
	for (;;)
		pause();
}

static pid_t begin(unsigned int count, unsigned int threads, unsigned int percent,
	unsigned int *made)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		make_all(count, threads, percent, fds[1]);
	}
	close(fds[1]);
	if (pid < 0 || read(fds[0], made, sizeof(*made)) != sizeof(*made))
		return -1;
	close(fds[0]);
	return pid;
}

/* ---- the peer ---- */

static unsigned int keys(const char *path, unsigned long long *sum)
{
	unsigned long long value;
	char line[512], name[64];
	unsigned int found = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %llu", name, &value) == 2) {
			*sum += value;
			found++;
		}
	if (f)
		fclose(f);
	return found;
}

static void look_at(const char *pid, unsigned long long *sum)
{
	unsigned long long user, system, minor, major;
	char path[64], comm[64], state;
	long rss;
	int ppid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%*d (%63[^)]) %c %d %*d %*d %*d %*d %*u %llu %*u %llu %*u %llu %llu "
			"%*d %*d %*d %*d %*d %*d %*u %*u %ld", comm, &state, &ppid, &minor, &major,
			&user, &system, &rss) == 8)
		*sum += user + system + minor + major;
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "/proc/%.16s/status", pid);
	keys(path, sum);
	snprintf(path, sizeof(path), "/proc/%.16s/io", pid);
	keys(path, sum);
}

static void look_at_all(void)
{
	unsigned long long sum = 0;
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name >= '1' && *entry->d_name <= '9')
			look_at(entry->d_name, &sum);
	if (dir)
		closedir(dir);
	sink += sum;
}

/* ---- both ---- */

struct figures {
	double ours, first, worst, stdio;
};

static int compare(struct pdiag_portraits *portraits, unsigned int steps, struct figures *f)
{
	uint64_t next = clock_of(CLOCK_MONOTONIC), at;
	struct timespec t;
	double cost;

	for (unsigned int i = 0; i <= steps; i++) {
		at = clock_of(CLOCK_THREAD_CPUTIME_ID);
		if (pdiag_portraits_sample(portraits) < 0)
			return fprintf(stderr, "%s\n", pdiag_errmsg()), 1;
		cost = (double)(clock_of(CLOCK_THREAD_CPUTIME_ID) - at) / 1e6;
		if (i)
			f->ours += cost / steps;
		else
			f->first = cost;
		if (i && cost > f->worst)
			f->worst = cost;
		at = clock_of(CLOCK_THREAD_CPUTIME_ID);
		look_at_all();
		if (i)
			f->stdio += (double)(clock_of(CLOCK_THREAD_CPUTIME_ID) - at) / 1e6 / steps;
		next += STEP_S * SECOND;
		t = (struct timespec){ .tv_sec = (time_t)(next / SECOND),
			.tv_nsec = (long)(next % SECOND) };
		if (i < steps)
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	}
	return 0;
}

static int measure(unsigned int made, unsigned int threads, unsigned int steps)
{
	const struct pdiag_portraits_options o = { .size = sizeof(o),
		.interval_ms = STEP_S * 1000 };
	struct pdiag_portraits_info info = { .size = sizeof(info) };
	struct pdiag_portraits *portraits;
	struct figures f = { .ours = 0 };
	struct pdiag *context;
	int ret;

	if (pdiag_open(NULL, &context) || pdiag_portraits_new(context, &o, &portraits))
		return fprintf(stderr, "%s\n", pdiag_errmsg()), 1;
	ret = compare(portraits, steps, &f);
	pdiag_portraits_get_info(portraits, &info);
	if (!ret)
		printf("%u %.3f %.3f %.3f %.3f %llu %u\n", made * threads, f.ours, f.first, f.worst,
			f.stdio, (unsigned long long)info.bytes, info.processes);
	pdiag_close(context);
	return ret;
}

int main(int argc, char **argv)
{
	unsigned int count, threads, percent, steps, made = 0;
	pid_t pid;
	int ret;

	if (argc != 5)
		return 2;
	count = (unsigned int)atoi(argv[1]);
	threads = (unsigned int)atoi(argv[2]);
	percent = (unsigned int)atoi(argv[3]);
	steps = (unsigned int)atoi(argv[4]);
	if (!threads || !steps || count > MOST)
		return 2;
	pid = begin(count, threads, percent, &made);
	if (pid <= 0) {
		fprintf(stderr, "the processes could not be made: %s\n", strerror(errno));
		return 1;
	}
	ret = measure(made, threads, steps);
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return ret;
}
