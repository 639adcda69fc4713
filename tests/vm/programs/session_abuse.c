/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_abuse SECONDS [SEED]: calls that make some sense and calls that make none, in any order:
 * ioctls with good, bad and half-good structs, pointers and sizes, mappings at any place, and
 * control pages full of lies. The kernel must stay well, which the caller looks at; here it is
 * only checked that what may not be written cannot be, and that what a session without privilege
 * reads has no kernel addresses in it.
 */
#include <poll.h>
#include <signal.h>

#include "session.h"

#define SESSIONS 4
#define MAPS 8

static uint64_t state;
static uint64_t done, accepted;
static int device = -1;
static struct {
	int fd;
	bool restricted;
	void *map[MAPS];
	size_t len[MAPS];
	bool readable[MAPS];
} open_ones[SESSIONS];

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t below(uint64_t n)
{
	return any() % n;
}

/* Numbers at which programs go wrong. */
static uint64_t nasty(void)
{
	static const uint64_t numbers[] = {
		0, 1, 2, 3, 4, 8, 15, 16, 17, 64, 127, 254, 255, 256, 999, 4095, 4096, 4097, 10000,
		10001, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1ull << 30,
		1ull << 31, 1ull << 62, 1ull << 63, ~0ull, ~0ull - 15,
	};

	return below(4) ? numbers[below(sizeof(numbers) / sizeof(*numbers))] : any();
}

static const unsigned long commands[] = {
	PDIAG_KMOD_IOC_VERSION, PDIAG_KMOD_IOC_FEATURE, PDIAG_KMOD_IOC_PROBE_INFO,
	PDIAG_KMOD_IOC_SESSION, PDIAG_KMOD_IOC_START, PDIAG_KMOD_IOC_STOP, PDIAG_KMOD_IOC_FREEZE,
	PDIAG_KMOD_IOC_THAW, PDIAG_KMOD_IOC_FLUSH, PDIAG_KMOD_IOC_STATS, PDIAG_KMOD_IOC_DUMP,
	PDIAG_KMOD_IOC_TRIGGER, PDIAG_KMOD_IOC_PROBE, PDIAG_KMOD_IOC_HISTOGRAM,
};

/* A page of memory whose next page is not there. */
static unsigned char *edge;

static void make_edge(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	edge = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (edge == MAP_FAILED || mprotect(edge + 2 * page, page, PROT_NONE))
		die("no memory");
	edge += 2 * page;
}

static void *argument(void)
{
	uint32_t size = (uint32_t)(below(3) ? below(2000) : nasty());
	unsigned char *p = edge - (below(2) ? 2048 : below(200));

	switch (below(8)) {
	case 0: return NULL;
	case 1: return (void *)(uintptr_t)nasty();
	default: break;
	}
	for (unsigned char *q = p; q < edge; q++)
		*q = below(3) ? 0 : (unsigned char)any();
	if (p + 4 <= edge)
		memcpy(p, &size, 4);
	return p;
}

/* Mostly right, with some fields wrong. */
static void make_session(int i)
{
	struct pdiag_kmod_session s = {
		.size = sizeof(s), .events = 1 + (uint32_t)below(7),
		.hz = 1 + (uint32_t)below(10000),
		.flags = (uint32_t)below(128), .target = (uint32_t)below(5), .pid = getpid(),
		.ring_bytes = 1u << 16, .tasks_bytes = 1u << 16, .off_cpu_tasks = 64,
		.off_cpu_min_ns = below(4) ? 0 : below(1 << 24),
		.user_bytes = below(2) ? 0 : 8 * (uint32_t)below(66),
	};
	uint32_t *words = (uint32_t *)&s;

	strcpy(s.comm, "x");
	if (!(s.events & PDIAG_KMOD_ON_CPU))
		s.hz = 0;
	for (uint64_t n = below(3); n; n--)
		words[1 + below(sizeof(s) / 4 - 1)] = (uint32_t)nasty();
	/* Enough for the machine that all this runs on. */
	if (s.ring_bytes > 1 << 24)
		s.ring_bytes = 1ull << 62;
	if (s.tasks_bytes > 1 << 24)
		s.tasks_bytes = 1ull << 62;
	if (open_ones[i].fd >= 0)
		close(open_ones[i].fd);
	open_ones[i].fd = ioctl(device, PDIAG_KMOD_IOC_SESSION, &s);
	open_ones[i].restricted = geteuid() != 0;
	accepted += open_ones[i].fd >= 0;
}

static void call(int fd)
{
	struct pdiag_kmod_trigger trigger = {
		.size = sizeof(trigger), .on = (uint32_t)below(4), .actions = (uint32_t)below(4),
		.rise = nasty(), .hold_ms = (uint32_t)below(50), .check_ms = (uint32_t)below(100),
		.cooldown_ms = (uint32_t)nasty(),
	};
	struct pdiag_kmod_probe probe = {
		.size = sizeof(probe), .index = (uint32_t)below(6),
		.param = { below(2) ? 0 : nasty(), below(2) ? 0 : nasty() },
	};
	struct pdiag_kmod_dump dump = { .size = sizeof(dump), .flags = (uint32_t)below(3) };

	switch (below(6)) {
	case 0:
		accepted += !ioctl(fd, PDIAG_KMOD_IOC_TRIGGER, &trigger);
		break;
	case 1:
		accepted += !ioctl(fd, PDIAG_KMOD_IOC_PROBE, &probe);
		break;
	case 2:
		accepted += !ioctl(fd, PDIAG_KMOD_IOC_DUMP, &dump);
		break;
	case 3:
		accepted += !ioctl(fd, below(2) ? any() : (any() & ~0xffull) | 'd' << 8,
			argument());
		break;
	default:
		accepted += !ioctl(fd, commands[below(sizeof(commands) / sizeof(*commands))],
			argument());
		break;
	}
}

static void map(int i)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), ring = below(4), offset, len;
	int prot = (int)below(8), flags = below(4) ? MAP_SHARED : MAP_PRIVATE, m = (int)below(MAPS);
	void *p;

	offset = below(2) ? PDIAG_KMOD_CONTROL(ring) : PDIAG_KMOD_DATA(ring);
	len = below(3) ? page : 1u << 16;
	if (!below(4))
		offset = nasty() & ~(page - 1);
	if (!below(6))
		len = nasty() % (1ull << 32);
	if (open_ones[i].map[m])
		munmap(open_ones[i].map[m], open_ones[i].len[m]);
	open_ones[i].map[m] = NULL;
	p = mmap(NULL, len, prot, flags, open_ones[i].fd, (off_t)offset);
	if (p == MAP_FAILED)
		return;
	accepted++;
	open_ones[i].map[m] = p;
	open_ones[i].len[m] = len;
	open_ones[i].readable[m] = prot & PROT_READ;
	if (prot & PROT_EXEC)
		die("executable memory of the module");
	if (len > page && (prot & PROT_WRITE || !mprotect(p, len, PROT_READ | PROT_WRITE)))
		die("the records could be written to");
	/* A control page is ours to lie in. */
	if (len == page && prot & PROT_WRITE && offset == PDIAG_KMOD_CONTROL(ring))
		for (int n = 0; n < 16; n++)
			((uint64_t *)p)[below(page / 8)] = nasty();
}

/* What a session without privilege may show: user addresses only. */
static void look(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i + 16 <= len;) {
		const struct pdiag_kmod_stack *stack = (const void *)(p + i);
		/* It is being written to meanwhile. */
		uint32_t size = *(const volatile uint32_t *)&stack->head.len;

		if (size < 16 || size % 16 || size > len - i)
			return;
		if (stack->head.type == PDIAG_KMOD_STACK && size >= 32)
			for (uint32_t k = 0; k < stack->nr && k < (size - 24) / 8; k++)
				if (stack->ips[k] >> 47 && stack->ips[k] < (uint64_t)-4095)
					die("a kernel address for who may not see it: %llx",
						(unsigned long long)stack->ips[k]);
		i += size;
	}
}

static void use(int i)
{
	struct pollfd wait = { .fd = open_ones[i].fd, .events = POLLIN };
	int m = (int)below(MAPS), copy;

	switch (below(5)) {
	case 0:
		poll(&wait, 1, 0);
		break;
	case 1:
		if (open_ones[i].map[m] && open_ones[i].readable[m] && open_ones[i].restricted &&
			open_ones[i].len[m] > 4096)
			look(open_ones[i].map[m], open_ones[i].len[m]);
		break;
	case 2:
		copy = dup(open_ones[i].fd);
		close(open_ones[i].fd);
		open_ones[i].fd = copy;
		break;
	case 3:
		/* So that START and STOP are seen often. */
		ioctl(open_ones[i].fd, below(3) ? PDIAG_KMOD_IOC_START : PDIAG_KMOD_IOC_STOP);
		break;
	default:
		map(i);
		break;
	}
}

static void ignore(int number)
{
	(void)number;
}

int main(int argc, char **argv)
{
	double end = now() + (argc > 1 ? atof(argv[1]) : 10);
	int i;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)(now() * 1e9) | 1;
	printf("   seed %llu\n", (unsigned long long)state);
	fflush(stdout);
	signal(SIGBUS, ignore);
	make_edge();
	device = open(PDIAG_KMOD_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0) {
		printf("   refused: %s\n", strerror(errno));
		return 3;
	}
	for (i = 0; i < SESSIONS; i++)
		open_ones[i].fd = -1;
	for (; now() < end; done++) {
		i = (int)below(SESSIONS);
		if (open_ones[i].fd < 0 || !below(50))
			make_session(i);
		else if (below(3))
			call(below(4) ? open_ones[i].fd : device);
		else
			use(i);
	}
	printf("   %llu calls, %llu accepted\n", (unsigned long long)done,
		(unsigned long long)accepted);
	return accepted ? 0 : 1;
}
