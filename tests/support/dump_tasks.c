/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Task dumps of the kernel module as text, by its ioctls and nothing else:
 *
 *	dump_tasks [OPTION...]
 *	--all			sleeping tasks, too
 *	--trigger ON:RISE:HOLD:COOLDOWN[:ACTIONS]	dumps by a trigger (ms) instead of a request
 *	--flight		the session is a flight recorder
 *	--seconds N		wait so long for dumps (default 60), or for N of them:
 *	--dumps N		(default 1)
 *	--bytes N		of the ring
 *	--deaf N		do not read the ring before N seconds are over
 *	--close			leave at once, with the dump in full swing
 *
 * A line a record: "begin ID BY LOAD VALUE TIME", "task PID TID STATE RUNNING CPU COMM KERNEL USER"
 * where KERNEL and USER are the addresses, leaf first, "-" if there are none, and "end ID RUNNABLE
 * BLOCKED DUMPED LOST NS", "frozen BY VALUE". At the end "stats RECORDS STACKS LOST BUSY_NS".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <pdiag_kmod.h>

static struct {
	bool all, flight, close;
	struct pdiag_kmod_trigger trigger[8];
	unsigned int triggers;
	long seconds, dumps, deaf;
	unsigned long long bytes;
} opt = { .seconds = 60, .dumps = 1 };

static struct known {
	struct known *next;
	__u32 id, nr;
	__u64 ips[];
} *known[4096];

static void die(const char *what)
{
	fprintf(stderr, "dump_tasks: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void learn(const struct pdiag_kmod_stack *stack)
{
	struct known **at = &known[stack->id % 4096], *one;
	size_t bytes = stack->nr * sizeof(__u64);

	if (sizeof(*stack) + bytes > stack->head.len || stack->nr > PDIAG_KMOD_DEPTH_MAX + 2) {
		fprintf(stderr, "dump_tasks: a STACK makes no sense\n");
		exit(1);
	}
	for (; *at && (*at)->id != stack->id; at = &(*at)->next)
		;
	one = malloc(sizeof(*one) + bytes);
	if (!one)
		die("memory");
	one->next = *at ? (*at)->next : NULL;
	one->id = stack->id;
	one->nr = stack->nr;
	memcpy(one->ips, stack->ips, bytes);
	free(*at);
	*at = one;
}

static const struct known *find(__u32 id)
{
	const struct known *one = known[id % 4096];

	while (one && one->id != id)
		one = one->next;
	return one;
}

/* The addresses behind a mark. */
static void put_part(const struct known *stack, __u64 mark)
{
	bool in = false, any = false;
	__u32 i;

	putchar(' ');
	for (i = 0; stack && i < stack->nr; i++) {
		if (stack->ips[i] >= (__u64)-4095) {
			in = stack->ips[i] == mark;
			continue;
		}
		if (!in)
			continue;
		printf("%s%llx", any ? "," : "", (unsigned long long)stack->ips[i]);
		any = true;
	}
	if (!any)
		putchar('-');
}

static void put_task(const struct pdiag_kmod_task *task)
{
	const struct known *stack = NULL;
	const char *c;

	if (task->stack != PDIAG_KMOD_NO_STACK && !(stack = find(task->stack))) {
		fprintf(stderr, "dump_tasks: stack %u was never sent\n", task->stack);
		exit(1);
	}
	printf("task %u %u %c %d %u ", task->pid, task->tid, task->state,
		!!(task->head.flags & PDIAG_KMOD_RUNNING), task->cpu);
	for (c = task->comm; *c && c < task->comm + sizeof(task->comm); c++)
		putchar(*c == ' ' ? '_' : *c);
	put_part(stack, PERF_CONTEXT_KERNEL);
	put_part(stack, PERF_CONTEXT_USER);
	putchar('\n');
}

/* Returns 1 for the end of a dump. */
static int put(const struct pdiag_kmod_record *record)
{
	const struct pdiag_kmod_tasks_begin *begin = (const void *)record;
	const struct pdiag_kmod_tasks_end *end = (const void *)record;
	const struct pdiag_kmod_frozen *frozen = (const void *)record;

	switch (record->type) {
	case PDIAG_KMOD_STACK:
		learn((const void *)record);
		break;
	case PDIAG_KMOD_TASKS_BEGIN:
		printf("begin %llu %u %u %llu %llu\n", (unsigned long long)begin->id, begin->by,
			begin->load, (unsigned long long)begin->value,
			(unsigned long long)begin->head.time);
		break;
	case PDIAG_KMOD_TASK:
		put_task((const void *)record);
		break;
	case PDIAG_KMOD_TASKS_END:
		printf("end %llu %u %u %u %u %llu\n", (unsigned long long)end->id, end->runnable,
			end->blocked, end->dumped, end->lost, (unsigned long long)end->took_ns);
		fflush(stdout);
		return 1;
	case PDIAG_KMOD_FROZEN:
		printf("frozen %u %llu\n", frozen->by, (unsigned long long)frozen->value);
		break;
	}
	return 0;
}

static int drain(struct pdiag_kmod_ring *control, const unsigned char *data)
{
	__u64 tail = control->tail, head = __atomic_load_n(&control->head, __ATOMIC_ACQUIRE);
	const struct pdiag_kmod_record *record;
	int ends = 0;

	while (tail != head) {
		record = (const void *)(data + (tail & (control->data_bytes - 1)));
		if (record->len < sizeof(*record) || record->len % 16 ||
			record->len > head - tail) {
			fprintf(stderr, "dump_tasks: a record of %u bytes\n", record->len);
			exit(1);
		}
		ends += put(record);
		tail += record->len;
		__atomic_store_n(&control->tail, tail, __ATOMIC_RELEASE);
	}
	return ends;
}

static void parse_trigger(char *text)
{
	struct pdiag_kmod_trigger *trigger = &opt.trigger[opt.triggers++ % 8];
	unsigned long long rise;

	*trigger = (struct pdiag_kmod_trigger){
		.size = sizeof(*trigger), .actions = PDIAG_KMOD_TRIGGER_DUMP, .check_ms = 50,
	};
	if (sscanf(text, "%u:%llu:%u:%u:%u", &trigger->on, &rise, &trigger->hold_ms,
		    &trigger->cooldown_ms, &trigger->actions) < 4)
		exit(2);
	trigger->rise = rise;
}

static void parse(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--all"))
			opt.all = true;
		else if (!strcmp(argv[i], "--flight"))
			opt.flight = true;
		else if (!strcmp(argv[i], "--close"))
			opt.close = true;
		else if (!strcmp(argv[i], "--trigger") && ++i)
			parse_trigger(argv[i]);
		else if (!strcmp(argv[i], "--seconds") && ++i)
			opt.seconds = strtol(value, NULL, 10);
		else if (!strcmp(argv[i], "--dumps") && ++i)
			opt.dumps = strtol(value, NULL, 10);
		else if (!strcmp(argv[i], "--deaf") && ++i)
			opt.deaf = strtol(value, NULL, 10);
		else if (!strcmp(argv[i], "--bytes") && ++i)
			opt.bytes = strtoull(value, NULL, 10);
		else
			exit(2);
	}
}

static int open_session(struct pdiag_kmod_session *session)
{
	int device = open(PDIAG_KMOD_DEVICE, O_RDWR | O_CLOEXEC), fd;

	*session = (struct pdiag_kmod_session){
		.size = sizeof(*session), .events = PDIAG_KMOD_TASKS, .ring_bytes = 64 << 10,
		.tasks_bytes = opt.bytes, .flags = opt.flight ? PDIAG_KMOD_FLIGHT : 0,
	};
	if (device < 0)
		die(PDIAG_KMOD_DEVICE);
	fd = ioctl(device, PDIAG_KMOD_IOC_SESSION, session);
	if (fd < 0)
		die("session");
	close(device);
	return fd;
}

static void ask(int fd)
{
	struct pdiag_kmod_dump dump = {
		.size = sizeof(dump), .flags = opt.all ? PDIAG_KMOD_DUMP_ALL : 0,
	};
	unsigned int i;

	for (i = 0; i < opt.triggers; i++)
		if (ioctl(fd, PDIAG_KMOD_IOC_TRIGGER, &opt.trigger[i]))
			die("trigger");
	if (ioctl(fd, PDIAG_KMOD_IOC_START, 0))
		die("start");
	if (!opt.triggers && ioctl(fd, PDIAG_KMOD_IOC_DUMP, &dump))
		die("dump");
}

static void put_stats(int fd, __u32 ring)
{
	struct pdiag_kmod_stats stats = { .size = sizeof(stats), .ring = ring };

	if (ioctl(fd, PDIAG_KMOD_IOC_STATS, &stats))
		die("stats");
	printf("stats %llu %llu %llu %llu\n", (unsigned long long)stats.records,
		(unsigned long long)stats.stacks,
		(unsigned long long)stats.lost[PDIAG_KMOD_LOST_DUMP],
		(unsigned long long)stats.callback_ns);
}

static void *map(int fd, size_t bytes, int prot, __u64 offset)
{
	void *at = mmap(NULL, bytes, prot, MAP_SHARED, fd, (off_t)offset);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

int main(int argc, char **argv)
{
	struct pdiag_kmod_session session;
	struct pdiag_kmod_ring *control;
	const unsigned char *data;
	struct pollfd poller;
	time_t end;
	__u32 ring;

	parse(argc, argv);
	poller = (struct pollfd){ .fd = open_session(&session), .events = POLLIN };
	ring = session.nr_rings - 1;
	control = map(poller.fd, (size_t)getpagesize(), PROT_READ | PROT_WRITE,
		PDIAG_KMOD_CONTROL(ring));
	data = map(poller.fd, session.tasks_bytes_used, PROT_READ, PDIAG_KMOD_DATA(ring));
	ask(poller.fd);
	if (opt.close) {
		usleep(20000);
		return 0;
	}
	sleep((unsigned int)opt.deaf);
	for (end = time(NULL) + opt.seconds; opt.dumps > 0 && time(NULL) < end;) {
		poll(&poller, 1, 200);
		opt.dumps -= drain(control, data);
	}
	put_stats(poller.fd, ring);
	return 0;
}
