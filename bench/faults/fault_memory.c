/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cgroup with too little memory: pages of a mapped file are touched at random, more of them than
 * there is room for, so that each comes from the disk again and pushes another one out.
 */
#include "fault.h"
#include "group.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LIMIT (64ul << 20)
#define FULL_SIZE (4 * LIMIT)
#define PAGE 4096ul
#define NORMAL_TOUCHES 2000.0
#define CHUNK (1ul << 20)

static int make_group(struct group *g, pid_t pid)
{
	char text[32];

	if (group_make(g, "memory"))
		return -1;
	snprintf(text, sizeof(text), "%lu", LIMIT);
	if (group_put(g, g->version == 2 ? "memory.max" : "memory.limit_in_bytes", text))
		return -1;
	return group_add(g, pid);
}

/* Written once, and not in memory when it is mapped. */
static int open_file(const struct fault *f)
{
	char path[512];
	static char chunk[CHUNK];
	int fd;

	snprintf(path, sizeof(path), "%s/thrash", f->work);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	memset(chunk, 0x5a, sizeof(chunk));
	for (off_t at = lseek(fd, 0, SEEK_END); at < (off_t)FULL_SIZE; at += (off_t)CHUNK)
		if (pwrite(fd, chunk, CHUNK, at) != (ssize_t)CHUNK)
			return -1;
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		return -1;
	return fd;
}

__attribute__((noinline)) static unsigned long touch_too_much(
	const char *map, unsigned long pages, unsigned long *random, int count)
{
	unsigned long sum = 0;

	while (count-- > 0) {
		*random = *random * 6364136223846793005ul + 1442695040888963407ul;
		sum += (unsigned char)((const volatile char *)map)[(*random >> 33) % pages * PAGE];
	}
	return sum;
}

static int thrash(int fd, size_t size, double rate)
{
	unsigned long random = 1;
	const char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	uint64_t start = fault_clock(), touched = 0;

	if (map == MAP_FAILED || madvise((void *)map, size, MADV_RANDOM))
		return 1;
	for (;; touched += 16) {
		touch_too_much(map, size / PAGE, &random, 16);
		while (touched > (double)(fault_clock() - start) / 1e9 * rate)
			fault_sleep(0.005);
	}
}

int fault_run_memory(const struct fault *f)
{
	size_t size = fault_is_full(f) || f->strength > 4 ? FULL_SIZE :
		(size_t)(f->strength * LIMIT);
	double rate = fault_level(f, NORMAL_TOUCHES, 1e9);
	int fd = open_file(f), ready[2], ret;
	struct group group = { "", 0 };
	char byte = 0;
	pid_t pid;

	if (fd < 0 || pipe(ready))
		return fault_cannot("a file to map");
	pid = fault_fork();
	if (!pid)
		_exit(read(ready[0], &byte, 1) == 1 ? thrash(fd, size, rate) : 1);
	if (pid < 0 || make_group(&group, pid)) {
		ret = fault_cannot("a cgroup with a limit of memory");
	} else if (write(ready[1], &byte, 1) != 1) {
		ret = 1;
	} else {
		fault_begins(pid);
		ret = fault_attend(pid);
	}
	fault_reap(pid);
	group_drop(&group);
	return ret;
}
