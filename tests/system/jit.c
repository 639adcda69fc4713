/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * jit SECONDS: what a runtime with a JIT does. Makes a loop in fresh memory, names it in
 * /tmp/perf-PID.map, runs it for SECONDS of CPU time. The map is left for the caller to remove.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PLACE 0x140 /* of the function in its page */

/* Counts its first argument down to 0, with a frame of its own. */
#if defined(__x86_64__)
static const uint8_t code[] = {
	0x55,			/* push %rbp */
	0x48, 0x89, 0xe5,	/* mov %rsp, %rbp */
	0x48, 0xff, 0xcf,	/* dec %rdi */
	0x75, 0xfb,		/* jnz the dec */
	0x5d,			/* pop %rbp */
	0xc3,			/* ret */
};
#elif defined(__aarch64__)
static const uint32_t code[] = {
	0xa9bf7bfd,		/* stp x29, x30, [sp, #-16]! */
	0x910003fd,		/* mov x29, sp */
	0xf1000400,		/* subs x0, x0, #1 */
	0x54ffffe1,		/* b.ne the subs */
	0xa8c17bfd,		/* ldp x29, x30, [sp], #16 */
	0xd65f03c0,		/* ret */
};
#else
static const uint8_t code[] = { 0 };
#endif

static double used(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int write_map(const void *function)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	f = fopen(path, "we");
	if (!f)
		return 1;
	fprintf(f, "%lx %zx jitted;loop <of> me\n", (unsigned long)function, sizeof(code));
	return fclose(f);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 0;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void (*function)(unsigned long);
	unsigned char *page;

	if (sizeof(code) < 8 || seconds <= 0)
		return 2;
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 1;
	memcpy(page + PLACE, code, sizeof(code));
	if (mprotect(page, size, PROT_READ | PROT_EXEC) || write_map(page + PLACE))
		return 1;
	__builtin___clear_cache((char *)page, (char *)page + size);
	*(void **)&function = page + PLACE;
	while (used() < seconds)
		function(1000000);
	return 0;
}
