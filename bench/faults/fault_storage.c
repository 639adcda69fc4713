/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slow storage: a file system whose server answers each read late. Its readers sleep
 * uninterruptibly in the page cache, as those of a slow disk do. It is mounted in a mount namespace
 * of our own, and goes when its server does.
 */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NORMAL_BLOCKED 1.0
#define FULL_BLOCKED 32
#define LATE_NS 200000000ull
#define PAGE 4096
#define SIZE (1ull << 34)
#define FILE_NODE 2
#define QUEUE 256
#define REQUEST_MAX (1 << 18)

static struct {
	uint64_t unique, due;
	uint32_t len;
} queue[QUEUE];
static unsigned head, tail;
static char path[512];
static atomic_ullong next_page = 1;

static void answer(int fd, uint64_t unique, int error, const void *body, size_t len)
{
	struct fuse_out_header h = { (uint32_t)(sizeof(h) + len), error, unique };
	struct iovec parts[2] = { { &h, sizeof(h) }, { (void *)body, len } };

	if (writev(fd, parts, len ? 2 : 1) < 0 && errno != ENOENT)
		_exit(1);
}

static struct fuse_attr attributes(uint64_t node)
{
	struct fuse_attr a = { .ino = node, .nlink = 1 };

	a.mode = node == FILE_NODE ? S_IFREG | 0444 : S_IFDIR | 0555;
	a.size = node == FILE_NODE ? SIZE : 0;
	a.blksize = PAGE;
	return a;
}

static void answer_init(int fd, uint64_t unique)
{
	struct fuse_init_out o = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_readahead = PAGE,
		.flags = FUSE_ASYNC_READ, .max_background = 1024, .congestion_threshold = 1024,
		.max_write = PAGE, .time_gran = 1,
	};

	answer(fd, unique, 0, &o, sizeof(o));
}

static void answer_names(int fd, const struct fuse_in_header *in)
{
	struct fuse_entry_out entry = { .nodeid = FILE_NODE, .entry_valid = 60, .attr_valid = 60 };
	struct fuse_attr_out attr = { .attr_valid = 60 };

	entry.attr = attributes(FILE_NODE);
	attr.attr = attributes(in->nodeid);
	if (in->opcode == FUSE_LOOKUP)
		answer(fd, in->unique, 0, &entry, sizeof(entry));
	else
		answer(fd, in->unique, 0, &attr, sizeof(attr));
}

static void take(int fd, const char *request)
{
	const struct fuse_in_header *in = (const void *)request;
	const struct fuse_read_in *r = (const void *)(in + 1);
	struct fuse_open_out opened = { 0 };

	switch (in->opcode) {
	case FUSE_INIT: answer_init(fd, in->unique); return;
	case FUSE_LOOKUP:
	case FUSE_GETATTR: answer_names(fd, in); return;
	case FUSE_OPEN: answer(fd, in->unique, 0, &opened, sizeof(opened)); return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: return;
	case FUSE_RELEASE:
	case FUSE_FLUSH: answer(fd, in->unique, 0, NULL, 0); return;
	case FUSE_READ: break;
	default: answer(fd, in->unique, -ENOSYS, NULL, 0); return;
	}
	queue[tail % QUEUE].unique = in->unique;
	queue[tail % QUEUE].due = fault_clock() + LATE_NS;
	queue[tail++ % QUEUE].len = r->size > REQUEST_MAX / 2 ? REQUEST_MAX / 2 : r->size;
}

/* How long until the next answer is due, in ms; those that are are given. */
static int answer_due(int fd)
{
	static const char zeros[REQUEST_MAX / 2];
	uint64_t now = fault_clock();

	for (; head != tail && queue[head % QUEUE].due <= now; head++)
		answer(fd, queue[head % QUEUE].unique, 0, zeros, queue[head % QUEUE].len);
	return head == tail ? -1 : (int)((queue[head % QUEUE].due - now) / 1000000) + 1;
}

static void serve(int fd)
{
	static char request[REQUEST_MAX];
	struct pollfd p = { fd, POLLIN, 0 };

	prctl(PR_SET_NAME, "slowserver");
	for (;;) {
		int wait = answer_due(fd);

		if (tail - head >= QUEUE || poll(&p, 1, wait) <= 0)
			continue;
		if (read(fd, request, sizeof(request)) > 0)
			take(fd, request);
		else if (errno != EINTR && errno != EAGAIN && errno != ENOENT)
			_exit(0);
	}
}

__attribute__((noinline)) static long read_slow_block(int fd)
{
	char byte[512];

	return pread(fd, byte, sizeof(byte), (off_t)(atomic_fetch_add(&next_page, 1) * PAGE));
}

/* Opened once: who opens it again while others read waits for their pages, not in the function
 * that the fault is said to be in. */
static int slow_file;

static void *reader_thread(void *arg)
{
	struct fault_duty d;

	while (slow_file >= 0 && !fault_over()) {
		fault_duty_begin(&d, *(double *)arg);
		if (read_slow_block(slow_file) < 0)
			break;
		fault_duty_end(&d);
	}
	return NULL;
}

static int mount_it(int fd, const char *folder)
{
	char options[128];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	return mount("slow", folder, "fuse", MS_NOSUID | MS_NODEV, options);
}

int fault_run_storage(const struct fault *f)
{
	double level = fault_level(f, NORMAL_BLOCKED, FULL_BLOCKED);
	int threads = (int)level + ((int)level < level), fd, ret;
	char folder[500];
	pid_t server, readers;

	snprintf(folder, sizeof(folder), "%s/slow", f->work);
	snprintf(path, sizeof(path), "%s/file", folder);
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if ((mkdir(folder, 0700) && errno != EEXIST) || fd < 0)
		return fault_cannot("/dev/fuse");
	if (mount_it(fd, folder))
		return fault_cannot("mounting a file system of our own");
	server = fault_fork();
	if (!server)
		serve(fd);
	level /= threads;
	readers = server < 0 ? -1 : fault_fork();
	if (!readers) {
		close(fd);
		slow_file = open(path, O_RDONLY | O_CLOEXEC);
		if (slow_file >= 0)
			posix_fadvise(slow_file, 0, 0, POSIX_FADV_RANDOM);
		_exit(fault_threads(threads, reader_thread, &level));
	}
	fault_begins(readers);
	ret = readers < 0 ? fault_cannot("processes") : fault_attend(readers);
	fault_reap(server);
	return ret;
}
