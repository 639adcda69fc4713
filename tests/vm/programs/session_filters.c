/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_filters CGROUP: seven sessions at a time, each about something else: a process with and
 * without what it makes later, a thread, a command, a cgroup (its directory is CGROUP), a CPU,
 * all. The same tasks are busy for all of them: each session must have its own with their CPU
 * time, and nothing of the others'.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "others.h"

#define SECONDS 5

enum who { MAIN, THREAD, CHILD, COMMAND, LIKE_IT, GROUP, TASKS };
static const char *const names[TASKS] = {
	"a process", "its thread", "its child", "a command", "another like it", "in the cgroup",
};

/* What the process with a thread and a child tells of them. */
struct shared {
	volatile pid_t thread, child;
	volatile int fork_now;
};
static struct shared *shared;

static struct task {
	pid_t pid, tid;
	struct times times[4];
} tasks[TASKS];

struct view {
	const char *what;
	struct pdiag_kmod_session options;
	unsigned int has; /* 1 << enum who */
	bool alone;	  /* nothing else at all */
	struct session session;
	uint64_t weight[TASKS], samples[TASKS], foreign;
	bool wrong_ring;
};

static struct view views[] = {
	{ "the process", { .target = PDIAG_KMOD_PROCESS },
		1 << MAIN | 1 << THREAD | 1 << CHILD, .alone = true },
	{ "the process, nothing new", { .target = PDIAG_KMOD_PROCESS,
		.flags = PDIAG_KMOD_NO_INHERIT }, 1 << MAIN | 1 << THREAD, .alone = true },
	{ "the thread", { .target = PDIAG_KMOD_THREAD }, 1 << THREAD, .alone = true },
	{ "the command", { .target = PDIAG_KMOD_COMMAND, .comm = "busy" }, 1 << COMMAND,
		.alone = true },
	{ "the cgroup", { .target = PDIAG_KMOD_CGROUP }, 1 << GROUP, .alone = true },
	{ "the CPU", { .target = PDIAG_KMOD_ALL }, 1 << THREAD | 1 << LIKE_IT, .alone = false },
	{ "all", { .target = PDIAG_KMOD_ALL }, (1 << TASKS) - 1, .alone = false },
};
#define VIEWS (sizeof(views) / sizeof(views[0]))
#define ONE_CPU 5
#define ALL 6

static void *thread(void *arg)
{
	pin(0, 1);
	shared->thread = (pid_t)syscall(SYS_gettid);
	burn_on(arg);
	return NULL;
}

static void family(void *arg)
{
	pthread_t t;

	pid_t child;

	if (pthread_create(&t, NULL, thread, NULL))
		_exit(1);
	while (!shared->fork_now)
		spin(1000);
	child = fork();
	if (!child)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	else
		shared->child = child;
	burn_on(arg);
}

static void begin_tasks(int cgroup)
{
	char text[16];
	int procs;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("no memory");
	tasks[MAIN].pid = other_begin("family", 0, family, NULL);
	tasks[COMMAND].pid = other_begin("busy", 0, burn_on, NULL);
	tasks[LIKE_IT].pid = other_begin("busy2", 1, burn_on, NULL);
	tasks[GROUP].pid = other_begin("grouped", 0, burn_on, NULL);
	while (!shared->thread)
		usleep(1000);
	for (int i = 0; i < TASKS; i++)
		tasks[i].tid = tasks[i].pid;
	tasks[THREAD].pid = tasks[MAIN].pid;
	tasks[THREAD].tid = shared->thread;
	snprintf(text, sizeof(text), "%d", tasks[GROUP].pid);
	procs = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (procs < 0 || write(procs, text, strlen(text)) < 0)
		die("cgroup.procs: %s", strerror(errno));
	close(procs);
}

static void look(int call)
{
	for (int i = 0; i < TASKS; i++)
		if (tasks[i].pid)
			tasks[i].times[call] = times_of(tasks[i].pid, tasks[i].tid);
}

static void see(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	const struct pdiag_kmod_sample *sample = (const void *)record;
	const struct pdiag_kmod_count *count = (const void *)record;
	struct view *view = user;
	int i;

	if (record->type != PDIAG_KMOD_SAMPLE && record->type != PDIAG_KMOD_COUNT)
		return;
	view->wrong_ring |= view == &views[ONE_CPU] && ring != 1;
	for (i = 0; i < TASKS; i++)
		if (tasks[i].pid == (pid_t)sample->pid && tasks[i].tid == (pid_t)sample->tid)
			break;
	if (i == TASKS) {
		view->foreign++;
		return;
	}
	view->samples[i]++;
	view->weight[i] += record->type == PDIAG_KMOD_SAMPLE ? sample->weight : count->weight;
}

static void read_for(double seconds)
{
	for (double end = now() + seconds; now() < end;) {
		usleep(50000);
		for (size_t i = 0; i < VIEWS; i++)
			session_read(&views[i].session, see, &views[i]);
	}
}

static void open_all(int cgroup)
{
	static const uint64_t second = 2;

	for (size_t i = 0; i < VIEWS; i++) {
		struct pdiag_kmod_session *o = &views[i].session.options;

		*o = views[i].options;
		o->events = PDIAG_KMOD_ON_CPU;
		o->hz = 997;
		o->budget_ppm = 1000000;
		if (o->target == PDIAG_KMOD_PROCESS)
			o->pid = tasks[MAIN].pid;
		if (o->target == PDIAG_KMOD_THREAD)
			o->pid = tasks[THREAD].tid;
		o->cgroup_fd = cgroup;
		if (i == ONE_CPU) {
			o->cpus = (uintptr_t)&second;
			o->cpus_bytes = sizeof(second);
		}
		session_open(&views[i].session);
		session_map(&views[i].session);
	}
}

static bool judge(const struct view *view)
{
	bool good = true;
	char text[64];

	printf("   %s:\n", view->what);
	for (int i = 0; i < TASKS; i++) {
		const struct times *t = tasks[i].times;

		if (!(view->has >> i & 1)) {
			good &= so(!view->samples[i], "without %s: %llu samples", names[i],
				(unsigned long long)view->samples[i]);
			continue;
		}
		snprintf(text, sizeof(text), "   %s", names[i]);
		good &= between(text, (double)view->weight[i] / 1e9, t[2].ran - t[1].ran,
			t[3].ran - t[0].ran, 0.1);
	}
	good &= so(!view->alone || !view->foreign, "without anything else: %llu samples",
		(unsigned long long)view->foreign);
	good &= so(view != &views[ALL] || view->foreign, "with ourselves, at least");
	return so(!view->wrong_ring, "of that CPU alone") && good;
}

int main(int argc, char **argv)
{
	int cgroup = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool more, good = true;

	if (cgroup < 0)
		die("no cgroup");
	begin_tasks(cgroup);
	open_all(cgroup);
	look(0);
	for (size_t i = 0; i < VIEWS; i++)
		session_do(&views[i].session, PDIAG_KMOD_IOC_START, NULL, "start");
	look(1);
	shared->fork_now = 1;
	while (!shared->child)
		usleep(1000);
	/* What it was before it began is nothing. */
	tasks[CHILD].pid = tasks[CHILD].tid = shared->child;
	read_for(SECONDS);
	look(2);
	for (size_t i = 0; i < VIEWS; i++)
		session_do(&views[i].session, PDIAG_KMOD_IOC_STOP, NULL, "stop");
	look(3);
	for (size_t i = 0; i < VIEWS; i++)
		do {
			more = session_flush(&views[i].session);
		} while (session_read(&views[i].session, see, &views[i]) || more);
	for (size_t i = 0; i < VIEWS; i++) {
		good &= judge(&views[i]);
		session_close(&views[i].session);
	}
	return !good;
}
