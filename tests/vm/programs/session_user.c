/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_user: what records bring of the user's stack, against a program that knows what is in its
 * registers and where its stack pointer points: to its own bytes, to the last ones before memory
 * that is not there, and to the kernel. And kernel threads, which have none.
 */
#include <poll.h>
#include <sys/syscall.h>

#include "others.h"

#define BYTES 192u
#define SHORT 64u
#define BP_MAGIC 0x1234567890abcdefull
#define KERNEL 0xffffffff81000000ull

/* Where the stack pointer is made to point to. */
enum place { WHOLE, LAST, IN_KERNEL, PLACES };

static struct {
	uint64_t sp[PLACES];
	uint64_t ip;
	unsigned char *bytes;
} *known;
static struct {
	unsigned long parts[PLACES], others, of_kernel, samples;
	bool wrong;
} seen;
static pid_t target;

/* Sleeps with these registers; whoever takes its stack for one finds what is at sp. */
static void __attribute__((noinline)) sleep_at(uint64_t sp)
{
	struct timespec nap = { .tv_nsec = 2000000 };
	long ret = SYS_nanosleep;
	uint64_t ip;

	__asm__ volatile("mov %%rsp, %%r12\n\tmov %%rbp, %%r13\n\tlea 1f(%%rip), %1\n\t"
		"mov %2, %%rsp\n\tmov %3, %%rbp\n\tsyscall\n1:\tmov %%r12, %%rsp\n\t"
		"mov %%r13, %%rbp"
		: "+&a"(ret), "=&r"(ip)
		: "r"(sp), "r"(BP_MAGIC), "D"(&nap), "S"(NULL)
		: "rcx", "r11", "r12", "r13", "memory");
	known->ip = ip;
}

static void sleep_in_places(void *arg)
{
	(void)arg;
	/* Our page table has it only when we have touched it. */
	*(volatile unsigned char *)known->bytes;
	for (int i = 0;; i++)
		sleep_at(known->sp[i % PLACES]);
}

static void prepare(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	known = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || known == MAP_FAILED || munmap(memory + page, page))
		die("no memory");
	for (size_t i = 0; i < page; i++)
		memory[i] = (unsigned char)(i * 7 + 1);
	known->bytes = memory;
	known->sp[WHOLE] = (uintptr_t)memory + 128;
	known->sp[LAST] = (uintptr_t)memory + page - SHORT;
	known->sp[IN_KERNEL] = KERNEL;
}

static bool is_zero(const unsigned char *bytes, size_t len)
{
	while (len && !*bytes)
		bytes++, len--;
	return !len;
}

static void check(const struct pdiag_kmod_user *u, const unsigned char *end, enum place place)
{
	static const uint32_t bytes[PLACES] = { BYTES, SHORT, 0 };
	const unsigned char *truth = known->bytes + (u->sp - (uintptr_t)known->bytes);
	bool good = so(u->bytes == bytes[place], "%u bytes at place %d", u->bytes, place);

	good &= so(u->bp == BP_MAGIC && (!known->ip || u->ip == known->ip), "its registers");
	good &= so(u->di && !u->reserved, "its argument");
	good &= so(!u->bytes || !memcmp(u->stack, truth, u->bytes), "its bytes");
	good &= so(is_zero(u->stack + u->bytes, (size_t)(end - u->stack) - u->bytes),
		"nothing behind them");
	seen.wrong |= !good;
	seen.parts[place]++;
}

static void see_user(const struct pdiag_kmod_user *u, const unsigned char *end)
{
	for (int i = 0; i < PLACES; i++)
		if (u->sp == known->sp[i]) {
			check(u, end, (enum place)i);
			return;
		}
	seen.others++;
}

static bool is_of_kernel(uint32_t pid)
{
	char path[64], c;
	FILE *file;
	bool is;

	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	is = fread(&c, 1, 1, file) != 1;
	fclose(file);
	return is;
}

static void see(void *user, uint32_t ring, const struct pdiag_kmod_record *record)
{
	const unsigned char *at = (const void *)record, *end = at + record->len;
	const struct pdiag_kmod_wait *wait = (const void *)record;
	const struct pdiag_kmod_sample *sample = (const void *)record;
	bool has = record->flags & PDIAG_KMOD_HAS_USER;

	(void)user;
	(void)ring;
	if (record->type == PDIAG_KMOD_SAMPLE) {
		seen.samples += has;
		seen.wrong |= !so(!has || record->len >= sizeof(*sample) +
			sizeof(struct pdiag_kmod_user) + BYTES, "a sample of %u", record->len);
	}
	if (record->type != PDIAG_KMOD_WAIT)
		return;
	if (has && wait->pid == (uint32_t)target)
		see_user((const void *)(wait + 1), end);
	if (is_of_kernel(wait->pid)) {
		seen.of_kernel++;
		seen.wrong |= !so(!has, "%u is a kernel thread", wait->pid);
	}
}

int main(void)
{
	struct session session = { .options = { .events = PDIAG_KMOD_ON_CPU | PDIAG_KMOD_OFF_CPU,
		.hz = 99, .user_bytes = BYTES, .budget_ppm = 1000000 } };
	bool good;

	prepare();
	target = other_begin("sleeper", -1, sleep_in_places, NULL);
	session_open(&session);
	session_map(&session);
	session_do(&session, PDIAG_KMOD_IOC_START, NULL, "start");
	for (int i = 0; i < 20; i++) {
		usleep(100000);
		session_read(&session, see, NULL);
	}
	session_do(&session, PDIAG_KMOD_IOC_STOP, NULL, "stop");
	session_read(&session, see, NULL);
	other_end(target);
	printf("   %lu, %lu and %lu at its places, %lu elsewhere; %lu of kernel threads; "
		"%lu samples\n", seen.parts[WHOLE], seen.parts[LAST], seen.parts[IN_KERNEL],
		seen.others, seen.of_kernel, seen.samples);
	good = so(seen.parts[WHOLE] >= 10 && seen.parts[LAST] >= 10 &&
		seen.parts[IN_KERNEL] >= 10, "some of each");
	good &= so(seen.of_kernel && seen.samples, "kernel threads, and samples");
	session_close(&session);
	return !(good && !seen.wrong);
}
